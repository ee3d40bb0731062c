-- pydb_internal.reference_shape (guard): what a delete of rows depends on in the catalog: columns, keys, references,
-- triggers and rules of a table and of all that goes with its rows.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_shape(p_root oid, p_choices jsonb)
returns pydb_internal.guard_part[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_open oid[] := array[p_root];
    v_known oid[] := array[p_root];
    v_parts pydb_internal.guard_part[] := pydb_internal.reference_relation_shape(p_root, true);
    v_edge record;
begin
    while v_open <> '{}' loop
        for v_edge in
            select
                e.*, case coalesce(
                    p_choices ->> e.reference,
                    case when e.on_delete in ('a', 'r') then p_choices ->> '*' end,
                    e.on_delete::text
                )
                    when 'delete' then 'delete' when 'c' then 'delete'
                    when 'nullify' then 'set null' when 'n' then 'set null'
                    when 'default' then 'set default' when 'd' then 'set default'
                    else 'keep the row'
                end as effect
            from pydb_internal.reference_edges(v_open[1]) as e
        loop
            v_parts := v_parts || row(
                'reference', v_edge.reference, format('%s (%s) to %s (%s): %s%s',
                    pydb_internal.relation_name(v_edge.child), array_to_string(v_edge.child_columns, ', '),
                    pydb_internal.relation_name(v_edge.parent), array_to_string(v_edge.parent_columns, ', '),
                    v_edge.effect, coalesce(' where ' || nullif(concat_ws(' and ', v_edge.filter,
                        v_edge.parent_filter), ''), '')),
                v_edge.effect <> 'keep the row'
            )::pydb_internal.guard_part;
            if v_edge.effect <> 'keep the row' and v_edge.child <> all(v_known) then
                v_known := v_known || v_edge.child;
                v_parts := v_parts || pydb_internal.reference_relation_shape(v_edge.child, v_edge.effect = 'delete');
                if v_edge.effect = 'delete' then
                    v_open := v_open || v_edge.child;
                end if;
            end if;
        end loop;
        v_open := v_open[2:];
    end loop;
    return v_parts;
end
$$;

comment on function pydb_internal.reference_shape(oid, jsonb) is
'The parts of a table and of all that a delete of its rows reaches through references, with the choices for edges that
an entity makes.';

revoke all on function pydb_internal.reference_shape(oid, jsonb) from public;
