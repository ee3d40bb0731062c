-- pydb_internal.cascade_graph_hash (closure): what a cascade depends on in the catalog: tables, columns, references and
-- their effects.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_graph_hash(p_root regclass, p_choices jsonb)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_open oid[] := array[p_root::oid];
    v_known oid[] := array[p_root::oid];
    v_text text[] := array[]::text[];
    v_edge record;
begin
    while v_open <> '{}' loop
        for v_edge in
            select r.*, pydb_internal.cascade_edge_action(r, p_choices) as effect
                from pydb_internal.reference_edges(v_open[1]) as r
        loop
            v_text := v_text || concat_ws(
                '|', v_edge.reference, v_edge.child, v_edge.child_columns::text, v_edge.parent,
                v_edge.parent_columns::text, v_edge.on_delete, v_edge.set_columns::text, v_edge.effect,
                v_edge.filter, v_edge.parent_filter
            );
            if v_edge.effect = 'delete' and v_edge.child <> all(v_known) then
                v_known := v_known || v_edge.child;
                v_open := v_open || v_edge.child;
            end if;
        end loop;
        v_open := v_open[2:];
    end loop;
    return encode(sha256(convert_to(array_to_string(array(
        select distinct u.line from unnest(v_text) as u (line) order by u.line
    ), e'\n'), 'UTF8')), 'hex');
end
$$;

comment on function pydb_internal.cascade_graph_hash(regclass, jsonb) is
'SHA-256 over all references that a cascade from a table could follow, and what it would do with each.';

revoke all on function pydb_internal.cascade_graph_hash(regclass, jsonb) from public;
