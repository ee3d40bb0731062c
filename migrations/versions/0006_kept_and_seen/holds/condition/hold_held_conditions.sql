-- pydb_internal.hold_held_conditions (condition; by hold_kept_conditions): that a row is named by a hold, or hangs on
-- one that is: up the references, one EXISTS in the other.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD103 YD114
create or replace function pydb_internal.hold_held_conditions(
    p_graph pydb_internal.hold_graph,
    p_place oid,
    p_alias text,
    p_is_override boolean,
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
    v_edge pydb_internal.reference_edge;
    v_seed pydb_internal.hold_seed;
    v_graph pydb_internal.hold_graph;
    v_inner text[];
    v_row text;
    v_next constant text := 'hu' || p_depth;
begin
    v_all := array(
        select format('(%s)', pydb_internal.hold_seed_condition(p_graph, s, p_alias))
        from unnest(p_graph.seeds) as s
        where s.place = p_place and s.is_override = p_is_override
    );
    for v_edge in
        select e.* from unnest(p_graph.up) as e
        -- the way that led here leads back to the same row
        where pydb_internal.hold_top(e.child) = p_place and e.reference is distinct from p_from
    loop
        v_row := pydb_internal.reference_row_condition(
            v_edge.child, p_alias, pydb_internal.reference_edge_condition(v_edge, false)
        );
        v_graph := p_graph;
        v_graph.seeds := '{}';
        foreach v_seed in array p_graph.seeds loop
            -- the row has the key itself: nobody has to be looked up, and it is held without its parent too
            if v_seed.is_override = p_is_override and pydb_internal.hold_is_carried(v_seed, v_edge) then
                v_all := v_all || format('(%s)', pydb_internal.hold_key_condition(v_seed, p_alias, array(
                    select v_edge.child_columns[array_position(v_edge.parent_columns, u.name)]
                    from unnest(v_seed.columns) with ordinality as u (name, ord) order by u.ord
                ), v_row, p_graph.is_sought));
            else
                v_graph.seeds := v_graph.seeds || v_seed;
            end if;
        end loop;
        v_inner := pydb_internal.hold_held_conditions(
            v_graph, pydb_internal.hold_top(v_edge.parent), v_next, p_is_override, p_depth + 1
        );
        if cardinality(v_inner) > 0 then
            -- what is about the row alone stands outside: what is inside can be looked up in a hash
            v_all := v_all || format('(%sexists (select 1 from %s as %s where %s and (%s)))', v_row || ' and ',
                pydb_internal.hold_source(
                    p_graph, v_edge.parent, pydb_internal.reference_edge_condition(v_edge, true)
                ), v_next, pydb_internal.reference_match(v_edge, p_alias, v_next), array_to_string(v_inner, ' or '));
        end if;
    end loop;
    return v_all;
end
$$;

comment on function pydb_internal.hold_held_conditions(
    pydb_internal.hold_graph, oid, text, boolean, integer, text
) is
'SQL conditions over an alias: under any of them the row is named by a seed (of overrides: p_is_override), or hangs on
such a row. p_from: the reference by which one came down to it.';

revoke all on function pydb_internal.hold_held_conditions(pydb_internal.hold_graph, oid, text, boolean, integer, text)
from public;
