-- pydb_internal.filter_check_stored (filter): before a stored condition is parsed, by a plan or a run: its author
-- could have run it as this role himself, and what it names is still what was approved.
-- reads the catalog   writes nothing   locks nothing
-- raises YD103 YD114
create or replace function pydb_internal.filter_check_stored(
    p_what text,
    p_relation oid,
    p_filter text,
    p_author text,
    p_author_role oid,
    p_look text
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_author constant name := (select r.rolname from pg_roles as r where r.oid = p_author_role);
    v_problem text;
begin
    if v_author is null or not pg_has_role(p_author_role, current_user, 'MEMBER') then
        raise exception using errcode = 'YD114', message = format('%s may not run as %I', p_what, current_user),
            detail = case when v_author is null then format('Its author %I is gone.', p_author)
                else format('Its author %I could not become %I himself.', v_author, current_user) end,
            hint = format('Have a member of %I set it again%s.', current_user,
                ', or run it as a role that ' || quote_ident(v_author) || ' belongs to');
    end if;
    -- types, casts, functions and operators may have come, gone or changed hands since it was set
    v_problem := coalesce(
        pydb_internal.filter_problem(p_filter),
        pydb_internal.filter_names_problem(p_relation::regclass, p_filter, true)
    );
    if v_problem is not null then
        raise exception using errcode = 'YD103', message = format('%s may not run any more', p_what),
            detail = format('Filter %L on %s: %s.', p_filter, pydb_internal.relation_name(p_relation), v_problem),
            hint = format('Look who changed what it names, then set it again: %s', p_look);
    end if;
end
$$;

comment on function pydb_internal.filter_check_stored(text, oid, text, text, oid, text) is
'Raises YD114 where the author of a stored condition could not become the current role, or is gone; YD103 where the
condition would no longer be accepted. p_what: whose it is, in words; p_look: the statement that shows it. Reads the
catalog alone: nothing of the condition is parsed.';

revoke all on function pydb_internal.filter_check_stored(text, oid, text, text, oid, text) from public;
