-- pydb_internal.cascade_copy_edges (purge): the ways by which copies of rows are found: the keys of the root, and every
-- reference that a cascade from it deletes along.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_copy_edges(p_root regclass, p_key name[], p_choices jsonb)
returns setof pydb_internal.reference_edge
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_open oid[] := array[p_root::oid];
    v_known oid[] := array[p_root::oid];
    v_edge pydb_internal.reference_edge;
begin
    -- a copy of a root row has its key: as it was named, and as its primary key says
    for v_edge in
        select (jsonb_populate_record(null::pydb_internal.reference_edge, jsonb_build_object(
            'kind', 'root', 'child', p_root::oid, 'child_columns', k.columns, 'parent', p_root::oid,
            'parent_columns', k.columns, 'operators', e.operators, 'collations', e.collations
        ))).*
        from (
            select p_key as columns
            union
            select u.columns from pydb_internal.cascade_unique_keys(p_root) as u where u.is_primary
        ) as k
        cross join lateral pydb_internal.column_numbers(p_root, k.columns) as n (attnums)
        cross join lateral pydb_internal.reference_equality(p_root, n.attnums, p_root, n.attnums, null) as e
        where e.operators is not null
    loop
        return next v_edge;
    end loop;
    while v_open <> '{}' loop
        for v_edge in
            select r.* from pydb_internal.reference_edges(v_open[1]) as r
            where pydb_internal.cascade_edge_action(r, p_choices) = 'delete'
        loop
            return next v_edge;
            if v_edge.child <> all(v_known) then
                v_known := v_known || v_edge.child;
                v_open := v_open || v_edge.child;
            end if;
        end loop;
        v_open := v_open[2:];
    end loop;
end
$$;

comment on function pydb_internal.cascade_copy_edges(regclass, name[], jsonb) is
'Edges from a root, those of its own keys (kind root) first; an edge to a partitioned table can come once for each of
its parts.';

revoke all on function pydb_internal.cascade_copy_edges(regclass, name[], jsonb) from public;
