-- pydb_internal.retention_shut (together; by retention_partition_turn): nobody writes to a partition from here to the
-- commit, so that what the rules of its policy say of its rows still holds when it goes.
-- reads the partition, the mapping table   writes nothing   locks the partition (share), the mapping (access share)
-- raises 55P03 YD103 YD114 YD123
create or replace function pydb_internal.retention_shut(
    p_policy pydb.retention_policy,
    p_cutoff timestamptz,
    p_partition oid,
    p_is_asked boolean
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_partition);
    v_found boolean := false;
begin
    if not pydb_internal.retention_has_rules(p_policy) then
        return false; -- by its bounds alone whatever comes into it has expired
    end if;
    perform pydb_internal.retention_check_author(p_policy);
    -- to look under the lock of its table would stop everybody: only who writes to expired rows waits here
    execute format('lock table %s in share mode nowait', v_name);
    if p_is_asked then
        execute format(
            'select exists (select 1 from %s as t where (%s) is not true)', v_name,
            pydb_internal.retention_expired_condition(p_policy, p_cutoff, 't', false)
        ) into v_found;
    end if;
    return v_found;
end
$$;

comment on function pydb_internal.retention_shut(pydb.retention_policy, timestamptz, oid, boolean) is
'p_is_asked: whether a rule keeps a row of it, for who does not ask retention_partition_verdict next; else false.';

revoke all on function pydb_internal.retention_shut(pydb.retention_policy, timestamptz, oid, boolean) from public;
