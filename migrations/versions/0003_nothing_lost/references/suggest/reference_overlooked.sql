-- pydb_internal.reference_overlooked (suggest; by cascade_not_followed): columns that look like references to some
-- tables and are none, so that nothing follows them; quickly, by names and a look at a thousand rows.
-- reads the catalog, pydb.reference, the tables   writes nothing   locks them as a SELECT does
-- raises nothing
create or replace function pydb_internal.reference_overlooked(p_parents oid[])
returns table (child text, child_column name, parent text, parent_column name, share numeric)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.cascade_traverse
as $$
begin
    return query
    with target as materialized (
        select distinct
            coalesce(pg_partition_root(u.relation)::oid, u.relation) as relation
        from unnest(p_parents) as u (relation)
    ),

    goal as materialized (
        select
            c.oid as relation, c.relname, c.relnamespace, a.attnum, a.attname, i.indisprimary as is_primary,
            replace(lower(a.attname::text), '_', '') as plain,
            pydb_internal.reference_base_type(a.atttypid) as base_type
        from target as t
        inner join pg_class as c on c.oid = t.relation
        inner join pg_index as i on i.indrelid = c.oid and i.indisunique and i.indisvalid and i.indnkeyatts = 1
            and i.indpred is null and i.indexprs is null
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum = i.indkey[0]
    ),

    -- whom the columns of a name reference: one table, or the first and the last of several
    named as materialized (
        select a.attname, min(k.confrelid) as first, max(k.confrelid) as last
        from pg_constraint as k
        inner join pg_attribute as a on a.attrelid = k.conrelid and a.attnum = k.conkey[1]
        where k.contype = 'f'
        group by a.attname
    ),

    -- what a column that references it is called by the table's name, and how others that do are called
    alias as materialized (
        select distinct g.relation, g.attnum, n.plain
        from goal as g
        cross join lateral unnest(pydb_internal.reference_words(g.relname)) as w (word)
        cross join lateral (
            values
            (case when g.plain <> 'id' then w.word || g.plain end),
            (case when g.is_primary or g.plain = 'id' then w.word || 'id' end),
            (case when g.is_primary and g.plain ~ '.id$' then g.plain end)
        ) as n (plain)
        where n.plain is not null
        union
        select g.relation, g.attnum, replace(lower(e.child_columns[1]::text), '_', '')
        from pydb_internal.reference_edges_among((select array_agg(t.relation) from target as t)) as e
        inner join goal as g on g.relation = e.parent and g.attname = e.parent_columns[1]
        left join named as n on n.attname = e.child_columns[1]
        where cardinality(e.child_columns) = 1 and e.child <> e.parent
            and (n.attname is null or (n.first = e.parent and n.last = e.parent))
    ),

    -- each column is asked for by a hash of the names: nobody tells the planner how many there are
    col as materialized (
        select c.oid as relation, c.relnamespace, a.attname, a.attnum, a.atttypid, n.plain
        from pg_class as c
        inner join pg_attribute as a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        cross join lateral (select replace(lower(a.attname::text), '_', '') as plain) as n
        where c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
            and (n.plain in (select l.plain from alias as l)) is true
    ),

    found as (
        select c.relation as child, c.attname as child_column, g.relation as parent, g.attname as parent_column
        from col as c
        inner join alias as l on l.plain = c.plain
        inner join goal as g on g.relation = l.relation and g.attnum = l.attnum and g.relnamespace = c.relnamespace
        where c.relation <> g.relation
            and pydb_internal.reference_comparable(pydb_internal.reference_base_type(c.atttypid), g.base_type)
            and not exists (
                select 1 from pg_constraint as k
                where k.conrelid = c.relation and k.contype = 'f' and c.attnum = any(k.conkey)
            ) and not exists (
                select 1 from pydb.reference as r where r.child = c.relation and c.attname = any(r.child_columns)
            )
        order by 1, 2
        limit 20
    )

    select
        pydb_internal.relation_name(f.child), f.child_column, pydb_internal.relation_name(f.parent), f.parent_column,
        round(m.matched::numeric / nullif(m.keys, 0), 4)
    from found as f
    cross join lateral pydb_internal.reference_measure(
        f.child, f.child_column, f.parent, f.parent_column, 1000
    ) as m
    -- most of its keys are somebody else's: it only sounds like one
    where m.keys is null or m.keys = 0 or m.matched * 2 >= m.keys
    order by 1, 2;
end
$$;

comment on function pydb_internal.reference_overlooked(oid[]) is
'Columns of the same schema named after one of the tables, its key, or like columns that reference it, without a
reference of their own; share: how many of a thousand keys have a parent (null: no keys, or not readable). At most 20.';

revoke all on function pydb_internal.reference_overlooked(oid[]) from public;
