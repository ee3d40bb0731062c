-- pydb_internal.retention_check_author (filter): before the filter of a policy is parsed, by a plan or a run: its
-- author could have run it as this role himself, and what it names is still what was approved.
-- reads the catalog   writes nothing   locks nothing
-- raises YD103 YD114
create or replace function pydb_internal.retention_check_author(p_policy pydb.retention_policy)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_author constant name := (select r.rolname from pg_roles as r where r.oid = p_policy.author_role);
    v_problem text;
begin
    if p_policy.filter is null or p_policy.builtin then
        return;
    end if;
    if v_author is null or not pg_has_role(p_policy.author_role, current_user, 'MEMBER') then
        raise exception using errcode = 'YD114',
            message = format('the filter of policy %s may not run as %I', p_policy.name, current_user),
            detail = case when v_author is null then format('Its author %I is gone.', p_policy.author)
                else format('Its author %I could not become %I himself.', v_author, current_user) end,
            hint = format('Have a member of %I set the policy again%s.', current_user,
                ', or run it as a role that ' || quote_ident(v_author) || ' belongs to');
    end if;
    -- types, casts, functions and operators may have come, gone or changed hands since it was set
    v_problem := coalesce(
        pydb_internal.retention_filter_problem(p_policy.filter),
        pydb_internal.retention_names_problem(p_policy.target, p_policy.filter, true)
    );
    if v_problem is not null then
        raise exception using errcode = 'YD103',
            message = format('the filter of policy %s may not run any more', p_policy.name),
            detail = format('Filter %L on %s: %s.', p_policy.filter, p_policy.target_name, v_problem),
            hint = format('Look who changed it, then set the policy again: select * from pydb.retention_policy '
                'where name = %L;', p_policy.name);
    end if;
end
$$;

comment on function pydb_internal.retention_check_author(pydb.retention_policy) is
'Raises YD114 where the author of a filter could not become the current role, or is gone; YD103 where the filter would
no longer be accepted. Reads the catalog alone: nothing of the filter is parsed.';

revoke all on function pydb_internal.retention_check_author(pydb.retention_policy) from public;
