-- pydb_internal.cascade_tasks (delete; by cascade_traverse): which edges a walk follows from the rows of one layer, in
-- which order.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_tasks(
    p_walk pydb_internal.cascade_closure,
    p_rows pydb_internal.cascade_rows[]
)
returns table (edge integer, leaves oid[])
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- nobody tells the planner how many rows an array holds
as $$
begin
    return query
    with leaf as (
        select l.relation, min(l.relation) over (partition by l.top) as place
        from (
            select s.relation, coalesce(pg_partition_root(s.relation::regclass)::oid, s.relation) as top
            from unnest(p_rows) as s
        ) as l
    ),

    line as (
        select f.relation, f.place, f.relation as parent from leaf as f
        union -- a partition is among its own ancestors
        select f.relation, f.place, a.relid from leaf as f cross join lateral pg_partition_ancestors(f.relation) as a
    )

    select m.ordinality::integer, array_agg(l.relation order by l.relation)
    from unnest(p_walk.edges) with ordinality as m
    inner join line as l on l.parent = (m.edge).parent
    where m.effect <> 'hidden'
    group by m.ordinality, m.effect, l.place
    -- a key refuses at a moment when the cascades of its own layer have not run: checks come first
    order by m.effect = 'delete', l.place, m.ordinality;
end
$$;

comment on function pydb_internal.cascade_tasks(pydb_internal.cascade_closure, pydb_internal.cascade_rows[]) is
'Each edge of a walk with the relations of p_rows (one part a relation) that it points at: the partitions of a table
together, because one query finds the rows behind all of them.';

revoke all on function pydb_internal.cascade_tasks(pydb_internal.cascade_closure, pydb_internal.cascade_rows[])
    from public;
