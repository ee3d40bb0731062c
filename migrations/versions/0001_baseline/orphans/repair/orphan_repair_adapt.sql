-- pydb_internal.orphan_repair_adapt (repair; by orphan_repair_turn): size the next batch of a repair by what the last
-- one took.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_repair_adapt(
    p_walk jsonb,
    p_edge pydb_internal.reference_edge,
    p_took interval
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pace constant float8 := extract(epoch from pydb_internal.setting_get(p_name => 'batch_target')::interval)::float8
        / greatest(extract(epoch from p_took)::float8, 0.0001);
    -- where no index of the parent serves the look for it, each batch reads the whole parent
    v_least constant integer := case
        when pydb_internal.reference_is_indexed(p_edge.parent, array(
            select a.attnum from pg_attribute as a
            where a.attrelid = p_edge.parent and a.attname = any(p_edge.parent_columns)
        )) then 1 else 40
    end;
begin
    return p_walk || jsonb_build_object('take', least(
        greatest(((p_walk ->> 'take')::float8 * least(greatest(v_pace, 0.25), 2))::integer, v_least), 400
    ));
end
$$;

comment on function pydb_internal.orphan_repair_adapt(jsonb, pydb_internal.reference_edge, interval) is
'The walk with the number of slices of its next batch: towards the setting batch_target, at most doubled.';

revoke all on function pydb_internal.orphan_repair_adapt(jsonb, pydb_internal.reference_edge, interval) from public;
