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
    v_places constant oid[] := array_remove(array[p_parent, (
        select p.partdefid from pg_partitioned_table as p where p.partrelid = p_parent and p.partdefid <> 0
    )], null) || array(
        -- one that is in no tree is none to relation_tree
        select coalesce(t.relid, u.partition)
        from unnest(p_partitions) with ordinality as u (partition, place)
        left join lateral pydb_internal.relation_tree(u.partition) as t on true
        order by u.place
    );
    v_names text[];
    v_holder record;
    v_then constant timestamptz := clock_timestamp() - interval '100 ms';
begin
    -- Whoever sits on one of them for a while would sit out our attempt as well: that is seen without one, and nobody
    -- queues behind us meanwhile. A prepared transaction has no process.
    select l.pid, l.relation into v_holder
    from pg_locks as l
    left join pg_stat_activity as a on a.pid = l.pid
    where l.locktype = 'relation' and l.relation = any(v_places) and l.granted
        and l.database = (select d.oid from pg_database as d where d.datname = current_database())
        and l.pid is distinct from pg_backend_pid()
        and (l.pid is null or a.xact_start < v_then)
    limit 1;
    if found then
        raise exception using errcode = '55P03',
            message = format('%s is in use by %s', pydb_internal.relation_name(v_holder.relation), coalesce(
                'process ' || v_holder.pid, 'a prepared transaction'
            )),
            detail = 'A transaction that is open for a while has read or written it.',
            hint = 'select pid, state, xact_start, query from pg_stat_activity order by xact_start;';
    end if;
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
