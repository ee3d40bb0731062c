-- pydb_internal.retention_check_held (held): under the lock, before partitions go: refuse
-- where a row came that is held.
-- reads the partitions, and what their rows are held by   writes nothing   locks the gate of holds
-- raises YD103 YD114 YD703 YD704
create or replace function pydb_internal.retention_check_held(p_policy pydb.retention_policy, p_partitions oid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_partition oid;
    v_names text[];
    v_rule pydb_internal.hold_rule;
begin
    if not (select e.is_any from pydb_internal.hold_enter() as e) then
        return;
    end if;
    v_rule := pydb_internal.hold_rule_of(p_policy.target); -- under the lock, once for all
    foreach v_partition in array p_partitions loop
        v_names := pydb_internal.retention_partition_held(p_policy, v_partition, v_rule);
        if v_names <> '{}' then
            raise exception using errcode = 'YD703',
                message = format('rows of %s are held', pydb_internal.relation_name(v_partition)),
                detail = pydb_internal.hold_said(v_names), hint = pydb_internal.hold_hint(v_names);
        end if;
    end loop;
end
$$;

comment on function pydb_internal.retention_check_held(pydb.retention_policy, oid[]) is
'Lets partitions pass in which no row is held.';

revoke all on function pydb_internal.retention_check_held(pydb.retention_policy, oid[]) from public;
