-- pydb_internal.retention_rule_lock (rules; by retention_check_rules): keep the mapping table of a policy what it is,
-- and its name its own, to the end of the transaction: conditions name it, and another table or a view of that name
-- says what its owner likes.
-- reads the catalog   writes nothing   locks the mapping table (access share)
-- raises 55P03
create or replace function pydb_internal.retention_rule_lock(p_policy pydb.retention_policy)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
begin
    if p_policy.keep_table is null then
        return;
    end if;
    for v_try in 1 .. 5 loop
        v_name := pydb_internal.relation_name(p_policy.keep_table);
        exit when v_name is null; -- retention_mapping_problem says so
        begin
            execute format('lock table only %s in access share mode', v_name);
        exception
            when insufficient_privilege then
                exit; -- he has no more than some columns, or nothing: retention_mapping_problem
            when undefined_table or wrong_object_type then
                continue;
        end;
        if pydb_internal.relation_name(p_policy.keep_table) is not distinct from v_name then
            return;
        end if;
    end loop;
    if v_name is not null and pydb_internal.relation_name(p_policy.keep_table) is distinct from v_name then
        raise exception using errcode = '55P03',
            message = format('the mapping table of policy %s is renamed again and again', p_policy.name),
            detail = format('It was %s a moment ago.', v_name), hint = format('psql: \d %s', v_name);
    end if;
end
$$;

comment on function pydb_internal.retention_rule_lock(pydb.retention_policy) is
'Locks it by its name, until that is the name of what was locked. Nothing where there is no mapping table.';

revoke all on function pydb_internal.retention_rule_lock(pydb.retention_policy) from public;
