-- pydb_internal.cascade_traverse (closure): everything that deleting some rows takes with it, layer by layer from the
-- root rows.
-- reads the tables that references lead to   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_traverse(p_start pydb_internal.cascade_rows[], p_choices jsonb)
returns pydb_internal.cascade_closure
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    v_walk pydb_internal.cascade_closure;
    v_layer integer := 0;
    v_leaves oid[];
    v_leaf oid;
    v_line oid[];
    v_tids tid[];
    v_found record;
begin
    v_walk := row(
        array[]::pydb_internal.reference_edge[], array[]::text[], array[]::text[], array[]::bigint[], p_start
    )::pydb_internal.cascade_closure;
    loop
        select array_agg(distinct s.relation order by s.relation) into v_leaves
        from unnest(v_walk.parts) as s
        where s.layer = v_layer and s.effect = 'delete';
        exit when v_leaves is null;
        v_walk := pydb_internal.cascade_add_edges(v_walk, v_leaves, p_choices);
        if v_layer % 50 = 49 then
            -- a long chain of rows: the rest of it in one recursive query, as one more layer
            v_walk := pydb_internal.cascade_traverse_deep(v_walk, v_layer);
        end if;
        -- a key refuses at a moment when the cascades of its own layer have not run: checks come first
        for v_turn in 1..2 loop
            foreach v_leaf in array v_leaves loop
                v_tids := pydb_internal.cascade_tids(v_walk.parts, v_leaf, 'delete', v_layer);
                v_line := v_leaf || array(select a.relid::oid from pg_partition_ancestors(v_leaf) as a);
                for v_edge in 1..cardinality(v_walk.edges) loop
                    continue when (v_walk.effects[v_edge] = 'delete') <> (v_turn = 2)
                        or v_walk.effects[v_edge] = 'hidden' or (v_walk.edges[v_edge]).parent <> all(v_line);
                    v_found := pydb_internal.cascade_edge_rows(v_walk, v_edge, v_leaf, v_tids, v_layer);
                    v_walk.parts := v_walk.parts || v_found.parts;
                    v_walk.matched[v_edge] := v_walk.matched[v_edge] + v_found.matched;
                end loop;
            end loop;
        end loop;
        v_layer := v_layer + 1;
    end loop;
    return v_walk;
end
$$;

comment on function pydb_internal.cascade_traverse(pydb_internal.cascade_rows[], jsonb) is
'Walks the references from the rows in p_start, each row once: rows to delete, to set, and rows that may refuse, with
the layer at which PostgreSQL''s own cascade would meet them. p_choices as for pydb_internal.cascade_edge_action.';

revoke all on function pydb_internal.cascade_traverse(pydb_internal.cascade_rows[], jsonb) from public;
