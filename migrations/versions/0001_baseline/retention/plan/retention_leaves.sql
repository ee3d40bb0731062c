-- pydb_internal.retention_leaves (plan): the relations that hold a table's rows: itself, or the leaves of its partition
-- tree.
-- reads the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_leaves(p_relation regclass)
returns table (relation oid, foreign_table boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select c.oid, c.relkind = 'f'
    from pg_catalog.pg_class as c
    where c.oid = p_relation and c.relkind = 'r'
    union all
    select c.oid, c.relkind = 'f'
    from pg_catalog.pg_class as root
    cross join pg_catalog.pg_partition_tree(root.oid) as t
    inner join pg_catalog.pg_class as c on c.oid = t.relid
    where root.oid = p_relation and root.relkind = 'p' and t.isleaf and c.relkind in ('r', 'f')
    order by 1;
end
$$;

comment on function pydb_internal.retention_leaves(regclass) is
'Relations that hold the rows of a table, in order of their oid; foreign partitions are marked.';

revoke all on function pydb_internal.retention_leaves(regclass) from public;
