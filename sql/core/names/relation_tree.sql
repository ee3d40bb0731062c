-- pydb_internal.relation_tree (names): a partitioned table or a partition with all partitions below it, as
-- pg_partition_tree has them, without the lock on each of them that it keeps until the transaction ends.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_tree(p_relation oid)
returns table (relid oid, isleaf boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with recursive tree (oid, relkind) as (
        select c.oid, c.relkind from pg_class as c
        where c.oid = p_relation and (c.relispartition or c.relkind = 'p')
        union all
        select c.oid, c.relkind
        from tree as t
        inner join pg_inherits as i on i.inhparent = t.oid
        inner join pg_class as c on c.oid = i.inhrelid
        where t.relkind = 'p'
    )
    select t.oid, t.relkind <> 'p' from tree as t;
end
$$;

comment on function pydb_internal.relation_tree(oid) is
'A partitioned table, or a partition, and every partition below it; isleaf = none lies below. Nothing for another table.
Of thousands of partitions each lock is a place in the lock table of the server.';

revoke all on function pydb_internal.relation_tree(oid) from public;
