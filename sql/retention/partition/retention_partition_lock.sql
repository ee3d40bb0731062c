-- pydb_internal.retention_partition_lock (partition): lock a table and some of its
-- partitions, in the order in which the application does, so that nobody waits for long behind us.
-- reads pg_locks, settings   writes nothing   locks the table, its default partition and the partition (access
-- exclusive)
-- raises 55P03
create or replace function pydb_internal.retention_partition_lock(p_parent oid, p_partitions oid[])
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_places constant oid[] := pydb_internal.retention_check_unused(p_parent, p_partitions);
    v_names text[];
begin
    perform set_config('lock_timeout', (extract(epoch from pydb_internal.setting_get(
        p_name => 'partition_lock_timeout'
    )::interval) * 1000)::int8::text, true);
    v_names := array(
        select pydb_internal.relation_name(u.place)
        from unnest(v_places) with ordinality as u (place, number)
        where pydb_internal.relation_name(u.place) is not null
        order by u.number
    );
    if cardinality(v_names) > 0 then
        execute format('lock table only %s in access exclusive mode', v_names[1]);
    end if;
    -- with the table in hand, only who knows a partition by its own name can be in the way: no waiting for him
    if cardinality(v_names) > 1 then
        execute format(
            'lock table only %s in access exclusive mode nowait', array_to_string(v_names[2:], ', only ')
        );
    end if;
end
$$;

comment on function pydb_internal.retention_partition_lock(oid, oid[]) is
'Locks a table (null: none), its default partition, and the partitions with what is below them, until the end of the
transaction; 55P03 at once where somebody has held one of them for longer than 100 ms, or after the setting
partition_lock_timeout.';

revoke all on function pydb_internal.retention_partition_lock(oid, oid[]) from public;
