-- pydb_internal.orphan_scan_evade (scan; by orphan_scan_run): hook of scans: there is no way around an error of a turn;
-- those of the tables became the status of their reference in the turn itself.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_scan_evade(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select jsonb_populate_record(null::pydb_internal.run_turn, jsonb_build_object('run', p_run));
$$;

comment on function pydb_internal.orphan_scan_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The run as it is: the engine decides by the error.';

revoke all on function pydb_internal.orphan_scan_evade(pydb_internal.run_state, pydb_internal.run_part) from public;
