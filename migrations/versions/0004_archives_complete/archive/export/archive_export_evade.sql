-- pydb_internal.archive_export_evade (export; by archive_export_run): hook of exports of archived rows: there is no way
-- around an error; a restore that holds rows is waited for.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_export_evade(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn pydb_internal.run_turn;
begin
    v_turn.run := p_run;
    return v_turn;
end
$$;

comment on function pydb_internal.archive_export_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The run, and no part: the engine decides by the error.';

revoke all on function pydb_internal.archive_export_evade(pydb_internal.run_state, pydb_internal.run_part) from public;
