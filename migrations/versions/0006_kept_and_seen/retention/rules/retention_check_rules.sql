-- pydb_internal.retention_check_rules (rules; by retention_check_author): before a plan or a batch asks the rules of a
-- policy: it may, and so may the author of the policy, still.
-- reads the catalog   writes nothing   locks the mapping table (access share)
-- raises 55P03 YD123
create or replace function pydb_internal.retention_check_rules(p_policy pydb.retention_policy)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant oid := to_regrole(quote_ident(current_user))::oid;
    v_problem text;
    v_hint text;
begin
    if not pydb_internal.retention_has_rules(p_policy) then
        return;
    end if;
    perform pydb_internal.retention_rule_lock(p_policy);
    select p.problem, p.hint into v_problem, v_hint
    from pydb_internal.retention_rule_problem(p_policy, v_role) as p;
    if v_problem is null and p_policy.keep_table is not null and p_policy.author_role is distinct from v_role then
        if not exists (select from pg_roles as r where r.oid = p_policy.author_role) then
            v_problem := format('its author %I is gone', p_policy.author);
            v_hint := 'Have it set again by who may read the mapping table.';
        else
            select p.problem, p.hint into v_problem, v_hint
            from pydb_internal.retention_mapping_problem(p_policy, p_policy.author_role) as p;
        end if;
    end if;
    if v_problem is not null then
        raise exception using errcode = 'YD123',
            message = format('policy %s: its rules cannot be asked: %s', p_policy.name, v_problem),
            detail = 'Nothing is deleted before they say which rows stay.', hint = v_hint;
    end if;
end
$$;

comment on function pydb_internal.retention_check_rules(pydb.retention_policy) is
'Raises YD123 where a column, the mapping table, a right of the current role or one of the author''s is missing.';

revoke all on function pydb_internal.retention_check_rules(pydb.retention_policy) from public;
