-- pydb_internal.retention_leaves (plan): the relations that hold a table's rows: itself, with the tables that
-- inherit from it, or the leaves of its partition tree.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_leaves(p_relation regclass)
returns table (relation oid, foreign_table boolean)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    select c.oid, false into relation, foreign_table
    from pg_catalog.pg_class as c
    where c.oid = p_relation and c.relkind = 'r' and not c.relhassubclass;
    if found then
        return next; -- most tables have neither partitions nor heirs, and this is asked often
        return;
    end if;
    return query
    -- with the tables that inherit from it: their rows are its rows, for a DELETE too
    with recursive heir (oid) as (
        select c.oid from pg_catalog.pg_class as c where c.oid = p_relation and c.relkind = 'r'
        union
        select i.inhrelid from heir as h inner join pg_catalog.pg_inherits as i on i.inhparent = h.oid
    )
    select c.oid, c.relkind = 'f'
    from heir as h
    inner join pg_catalog.pg_class as c on c.oid = h.oid
    where c.oid = p_relation or c.relpersistence <> 't' -- nobody else sees rows of those
    union all
    select c.oid, c.relkind = 'f'
    from pg_catalog.pg_class as root
    cross join pydb_internal.relation_tree(root.oid) as t
    inner join pg_catalog.pg_class as c on c.oid = t.relid
    where root.oid = p_relation and root.relkind = 'p' and t.isleaf and c.relkind in ('r', 'f')
    order by 1;
end
$$;

comment on function pydb_internal.retention_leaves(regclass) is
'Relations that hold the rows of a table, in order of their oid; foreign tables among them are marked.';

revoke all on function pydb_internal.retention_leaves(regclass) from public;
