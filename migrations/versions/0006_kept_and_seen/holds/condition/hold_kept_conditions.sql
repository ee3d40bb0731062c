-- pydb_internal.hold_kept_conditions (condition; by hold_rule_of): that a row is held, or that a held one needs it:
-- down the references, and from each row there up again.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD103 YD114
create or replace function pydb_internal.hold_kept_conditions(
    p_graph pydb_internal.hold_graph,
    p_place oid,
    p_alias text,
    p_depth integer default 1,
    p_from text default null
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.hold_graph_of
as $$
declare
    v_all text[];
    v_exempt text[];
    v_inner text[];
    v_edge pydb_internal.reference_edge;
    v_next constant text := 'hd' || p_depth;
begin
    v_all := pydb_internal.hold_held_conditions(p_graph, p_place, p_alias, false, p_depth, p_from);
    v_exempt := pydb_internal.hold_held_conditions(p_graph, p_place, p_alias, true, p_depth, p_from);
    if cardinality(v_all) > 0 and cardinality(v_exempt) > 0 then
        v_all := array[format(
            '((%s) and (%s) is not true)', array_to_string(v_all, ' or '), array_to_string(v_exempt, ' or ')
        )];
    end if;
    for v_edge in
        select e.* from unnest(p_graph.down) as e where pydb_internal.hold_top(e.parent) = p_place
    loop
        v_inner := pydb_internal.hold_kept_conditions(
            p_graph, pydb_internal.hold_top(v_edge.child), v_next, p_depth + 1, v_edge.reference
        );
        if cardinality(v_inner) > 0 then
            v_all := v_all || format('(%sexists (select 1 from %s as %s where %s and (%s)))',
                pydb_internal.reference_row_condition(
                    v_edge.parent, p_alias, pydb_internal.reference_edge_condition(v_edge, true)
                ) || ' and ', pydb_internal.hold_source(
                    p_graph, v_edge.child, pydb_internal.reference_edge_condition(v_edge, false)
                ), v_next, pydb_internal.reference_match(v_edge, v_next, p_alias), array_to_string(v_inner, ' or '));
        end if;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.hold_kept_conditions(pydb_internal.hold_graph, oid, text, integer, text) is
'SQL conditions over an alias: under any of them the row is held, or a row that is held references it, at whatever
depth.';

revoke all on function pydb_internal.hold_kept_conditions(pydb_internal.hold_graph, oid, text, integer, text)
from public;
