-- pydb_internal.hold_graph_of (condition; by hold_rule_of): which references lead from the rows of a table to what
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
    if not pydb_internal.hold_has_edges(v_graph.place) then
        select
            array(select s.place from unnest(p_seeds) as s where s.place = v_graph.place) as above,
            '{}'::oid[] as parents, '{}'::text[] as up, '{}'::text[] as down, false as is_deep
        into v_edges;
    else
        v_edges := pydb_internal.hold_edges_between(v_graph.place, p_seeds);
    end if;
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
