-- pydb_internal.cascade_add_edges (closure; by cascade_traverse): add the edges that point at some relations to a walk,
-- each once.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_add_edges(
    p_walk pydb_internal.cascade_closure,
    p_rows pydb_internal.cascade_rows[],
    p_choices jsonb
)
returns pydb_internal.cascade_closure
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_known constant text[] := array(select (m.edge).reference from unnest(p_walk.edges) as m);
    v_parents oid[];
    v_tops oid[];
    v_edge pydb_internal.reference_edge;
    v_new pydb_internal.cascade_edge[] := array[]::pydb_internal.cascade_edge[];
begin
    -- all partitions of a table share its keys, and some have their own: asked for together
    select array_agg(l.parent order by l.parent), array_agg(l.place order by l.parent) into v_parents, v_tops
    from (
        select p.parent, min(p.relation) as place
        from (
            select s.relation, s.relation as parent from unnest(p_rows) as s
            union
            select s.relation, a.relid from unnest(p_rows) as s
            cross join lateral pg_partition_ancestors(s.relation) as a
        ) as p
        group by p.parent
    ) as l;
    for v_edge in
        select r.*
        from pydb_internal.reference_edges_among(v_parents) as r
        inner join unnest(v_parents, v_tops) as l (parent, place) on l.parent = r.parent
        where r.reference <> all(v_known)
        order by l.place, r.reference
    loop
        v_new := v_new
            || pydb_internal.cascade_edge_problem(v_edge, pydb_internal.cascade_edge_action(v_edge, p_choices));
    end loop;
    return row(p_walk.edges || v_new, p_walk.parts)::pydb_internal.cascade_closure;
end
$$;

comment on function pydb_internal.cascade_add_edges(
    pydb_internal.cascade_closure, pydb_internal.cascade_rows[], jsonb) is
'The walk with every edge to one of the relations of p_rows, with its effect and what stands in its way.';

revoke all
    on function pydb_internal.cascade_add_edges(pydb_internal.cascade_closure, pydb_internal.cascade_rows[], jsonb)
        from public;
