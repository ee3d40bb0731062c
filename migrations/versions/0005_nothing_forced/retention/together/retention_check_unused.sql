-- pydb_internal.retention_check_unused (together): refuse to wait for a table and some of its partitions while somebody
-- uses one of them for longer than a moment.
-- reads pg_locks, pg_stat_activity, the catalog   writes nothing   locks nothing
-- raises 55P03
create or replace function pydb_internal.retention_check_unused(p_parent oid, p_partitions oid[])
returns oid[]
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
    return v_places;
end
$$;

comment on function pydb_internal.retention_check_unused(oid, oid[]) is
'The relations that are locked where these partitions go, in that order: the table (null: none), its default partition,
and the partitions with what is below them; 55P03 where somebody has held one of them for longer than 100 ms.';

revoke all on function pydb_internal.retention_check_unused(oid, oid[]) from public;
