-- pydb_internal.orphan_leaves (condition): the relations that hold a table's rows: itself, or the leaves of its
-- partition tree.
-- reads the catalog   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.orphan_leaves(p_relation oid)
returns table (relation oid, name text, is_foreign boolean, blocks bigint)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        c.oid, pydb_internal.relation_name(c.oid), c.relkind <> 'r',
        case when c.relkind = 'r' then pg_relation_size(c.oid) / current_setting('block_size')::bigint else 0 end
    from pg_class as root
    cross join lateral (
        select root.oid as leaf where root.relkind <> 'p'
        union all
        select t.relid::oid from pg_partition_tree(root.oid) as t where root.relkind = 'p' and t.isleaf
    ) as l
    inner join pg_class as c on c.oid = l.leaf and c.relkind <> 'p'
    where root.oid = p_relation
    order by c.oid;
end
$$;

comment on function pydb_internal.orphan_leaves(oid) is
'Relations that hold the rows of a table, in order of their oid, with their size in blocks; foreign tables are marked.';

revoke all on function pydb_internal.orphan_leaves(oid) from public;
