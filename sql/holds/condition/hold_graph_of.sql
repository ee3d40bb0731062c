-- pydb_internal.hold_graph_of (condition; by hold_conditions): which references lead from the rows of a table to what
-- holds name: up to what they hang on, and down to what needs them.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD704
create or replace function pydb_internal.hold_graph_of(
    p_relation oid,
    p_seeds pydb_internal.hold_seed[],
    p_stores jsonb
)
returns pydb_internal.hold_graph
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- arrays make the planner believe that to plan again is worth it
as $$
declare
    v_graph pydb_internal.hold_graph;
    v_edges record;
begin
    v_graph.place := pydb_internal.hold_top(p_relation);
    v_graph.stores := p_stores;
    with recursive edge as materialized (
        select
            coalesce(pg_partition_root(r.child), r.child)::oid as child,
            coalesce(pg_partition_root(r.parent), r.parent)::oid as parent, r.parent::oid as relation
        from (
            select k.conrelid::regclass as child, k.confrelid::regclass as parent
            from pg_constraint as k
            where k.contype = 'f' and k.conparentid = 0
            union all
            select l.child, l.parent from pydb_internal.reference_logical(null, null) as l
        ) as r
    ),

    held as (
        select s.place from unnest(p_seeds) as s
        union
        select e.child from held as h inner join edge as e on e.parent = h.place
    ),

    below as (
        select v_graph.place as place
        union
        select e.child from below as b inner join edge as e on e.parent = b.place
    ),

    -- from where both ways lead
    above as (
        select b.place from below as b where b.place in (select h.place from held as h)
        union
        select e.parent from above as a inner join edge as e on e.child = a.place
        where e.parent in (select h.place from held as h)
    ),

    needed as (
        select b.place from below as b where b.place in (select h.place from held as h)
        union
        select e.parent from needed as n inner join edge as e on e.child = n.place
        where e.parent in (select b.place from below as b)
    ),

    used as (
        select e.*, true as is_up from edge as e
        where e.child in (select a.place from above as a) and e.parent in (select a.place from above as a)
        union all
        select e.*, false from edge as e
        where e.child in (select n.place from needed as n) and e.parent in (select n.place from needed as n)
    ),

    step as (
        select u.is_up, u.parent as origin, u.child as place from used as u
        union
        select u.is_up, s.origin, u.child
        from step as s
        inner join used as u on u.parent = s.place and u.is_up = s.is_up
    )

    select
        array(select a.place from above as a) as above,
        array(select u.relation from used as u) as parents,
        array(select format('%s %s', u.child, u.parent) from used as u where u.is_up) as up,
        array(select format('%s %s', u.child, u.parent) from used as u where not u.is_up) as down,
        exists (select from step as s where s.origin = s.place) or (select count(*) > 24 from used) as is_deep
    into v_edges;
    if v_edges.above = '{}' then
        return null;
    end if;
    v_graph.seeds := array(select s from unnest(p_seeds) as s where s.place = any(v_edges.above));
    perform pydb_internal.hold_check_seeds(v_graph.seeds);
    v_graph.is_deep := v_edges.is_deep;
    select
        array_agg(e) filter (where k.pair = any(v_edges.up)), array_agg(e) filter (where k.pair = any(v_edges.down))
    into v_graph.up, v_graph.down
    from pydb_internal.reference_edges_among(v_edges.parents) as e
    cross join lateral (
        select format(
            '%s %s', coalesce(pg_partition_root(e.child::regclass), e.child)::oid,
            coalesce(pg_partition_root(e.parent::regclass), e.parent)::oid
        ) as pair
    ) as k
    where cardinality(v_edges.parents) > 0;
    v_graph.up := coalesce(v_graph.up, '{}');
    v_graph.down := coalesce(v_graph.down, '{}');
    return v_graph;
end
$$;

comment on function pydb_internal.hold_graph_of(oid, pydb_internal.hold_seed[], jsonb) is
'The references between a table and what seeds name; null where none of its rows can be held.';

revoke all on function pydb_internal.hold_graph_of(oid, pydb_internal.hold_seed[], jsonb) from public;
