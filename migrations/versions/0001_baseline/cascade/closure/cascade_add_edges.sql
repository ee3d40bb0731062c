-- pydb_internal.cascade_add_edges (closure; by cascade_traverse): add the edges that point at some relations to a walk,
-- each once.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_add_edges(
    p_walk pydb_internal.cascade_closure,
    p_leaves oid[],
    p_choices jsonb
)
returns pydb_internal.cascade_closure
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk pydb_internal.cascade_closure := p_walk;
    v_leaf oid;
    v_edge pydb_internal.reference_edge;
    v_found record;
begin
    foreach v_leaf in array p_leaves loop
        for v_edge in
            select r.* from pydb_internal.reference_edges(v_leaf) as r
            where r.reference <> all(array(select e.reference from unnest(v_walk.edges) as e))
        loop
            v_found := pydb_internal.cascade_edge_problem(v_edge, pydb_internal.cascade_edge_action(v_edge, p_choices));
            v_walk.edges := v_walk.edges || v_edge;
            v_walk.effects := v_walk.effects || v_found.effect;
            v_walk.hurdles := v_walk.hurdles || v_found.hurdle;
            v_walk.matched := v_walk.matched || 0::bigint;
        end loop;
    end loop;
    return v_walk;
end
$$;

comment on function pydb_internal.cascade_add_edges(pydb_internal.cascade_closure, oid[], jsonb) is
'The walk with every edge to one of the relations in its list, with its effect and what stands in its way.';

revoke all on function pydb_internal.cascade_add_edges(pydb_internal.cascade_closure, oid[], jsonb) from public;
