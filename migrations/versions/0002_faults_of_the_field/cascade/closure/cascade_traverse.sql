-- pydb_internal.cascade_traverse (closure): everything that deleting some rows takes with it, layer by layer from the
-- root rows.
-- reads the tables that references lead to   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_traverse(p_start pydb_internal.cascade_rows[], p_choices jsonb)
returns pydb_internal.cascade_closure
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- arrays make the planner believe that to plan again is worth it
set jit = off
as $$
declare
    v_walk pydb_internal.cascade_closure :=
        row(array[]::pydb_internal.cascade_edge[], p_start)::pydb_internal.cascade_closure;
    v_layer integer := 0;
    v_rows pydb_internal.cascade_rows[];
    v_task record;
    v_found record;
begin
    loop
        v_rows := pydb_internal.cascade_merge_rows(v_walk.parts, null, v_layer);
        exit when v_rows is null;
        v_walk := pydb_internal.cascade_add_edges(v_walk, v_rows, p_choices);
        if v_layer % 50 = 49 then
            -- a long chain of rows: the rest of it in one recursive query, as one more layer
            v_walk := pydb_internal.cascade_traverse_deep(v_walk, v_layer);
        end if;
        for v_task in select t.edge, t.leaves from pydb_internal.cascade_tasks(v_walk, v_rows) as t loop
            v_found := pydb_internal.cascade_edge_rows(
                v_walk, v_task.edge, array(
                    select s from unnest(v_rows) as s where s.relation = any(v_task.leaves)
                ), v_layer
            );
            v_walk.parts := v_walk.parts || v_found.parts;
            v_walk.edges[v_task.edge].matched := v_walk.edges[v_task.edge].matched + v_found.matched;
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
