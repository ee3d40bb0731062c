-- pydb_internal.retention_partition_leftovers (partition): partitions that an earlier run or call of a policy took out
-- of its table, or began to, and did not bring to their end.
-- reads pydb.retention_partition, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_leftovers(p_policy text)
returns table (partition oid, parent oid, is_own boolean)
language sql
stable
security definer -- runners read what earlier runs left without a right on the table
set search_path = pg_catalog, pg_temp
as $$
    -- a pending detach stops every later one on its table, whoever began it
    select i.inhrelid, i.inhparent, r.id is not null
    from pydb.retention_policy as p
    cross join lateral pydb_internal.relation_tree(p.target) as t
    inner join pg_inherits as i on i.inhparent = t.relid and i.inhdetachpending
    left join pydb.retention_partition as r
        on r.partition = i.inhrelid and r.policy = p.name and r.ended_at is null
    where p.name = p_policy and p.action = 'drop_partition'
    union all
    -- by its oid, and only as it was left
    select r.partition, null, true
    from pydb.retention_partition as r
    inner join pydb.retention_policy as p on p.name = r.policy and p.action = 'drop_partition'
    inner join pg_class as c on c.oid = r.partition and not c.relispartition and c.relkind in ('r', 'p')
    inner join pg_namespace as n on n.oid = c.relnamespace and r.name = format('%I.%I', n.nspname, c.relname)
    where r.policy = p_policy and r.ended_at is null
    order by 1;
$$;

comment on function pydb_internal.retention_partition_leftovers(text) is
'One row a partition: parent is null where it is detached, else the detach is pending and has to be finalized; is_own is
false for one that somebody else began to detach.';

revoke all on function pydb_internal.retention_partition_leftovers(text) from public;
