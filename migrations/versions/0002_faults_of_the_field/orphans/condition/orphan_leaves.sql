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
    if not exists (select 1 from pg_class as c where c.oid = p_relation and c.relkind = 'p') then
        return query
        select
            c.oid, pydb_internal.relation_name(c.oid), c.relkind <> 'r', case when c.relkind = 'r'
                then pg_relation_size(c.oid) / current_setting('block_size')::bigint else 0 end
        from pg_class as c
        where c.oid = p_relation;
        return;
    end if;
    return query
    select
        c.oid, pydb_internal.relation_name(c.oid), c.relkind <> 'r',
        case when c.relkind = 'r' then pg_relation_size(c.oid) / current_setting('block_size')::bigint else 0 end
    from pg_partition_tree(p_relation::regclass) as t
    inner join pg_class as c on c.oid = t.relid and c.relkind <> 'p'
    where t.isleaf
    order by c.oid;
end
$$;

comment on function pydb_internal.orphan_leaves(oid) is
'Relations that hold the rows of a table, in order of their oid, with their size in blocks; foreign tables are marked.';

revoke all on function pydb_internal.orphan_leaves(oid) from public;
