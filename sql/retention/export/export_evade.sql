-- pydb_internal.export_evade (export; by retention_export_run): hook of export runs: a way around an error, as
-- retention does.
-- reads the catalog, pydb_internal.archive_chunk   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.export_evade(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_slice pydb_internal.run_part := p_part;
    v_turn pydb_internal.run_turn;
begin
    if p_part.strategy = 'partition' or p_run.work ->> 'first_way' <> 'plain' then
        return pydb_internal.retention_evade(p_run, p_part);
    elsif not coalesce(p_part.is_late, false) then
        v_slice.relation := (pydb_internal.archive_chunk_next(p_run.run_id)).relation;
    end if;
    if v_slice.relation is null then
        v_turn.run := p_run;
        return v_turn;
    end if;
    v_turn := pydb_internal.retention_evade(p_run, v_slice);
    if not (v_turn.part is null) then
        v_turn.part := p_part; -- the next slice is chosen anew, and taken as the run has in mind by now
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.export_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The run and its part after an error: around locked rows, then row by row; no part where there is no way around.';

revoke all on function pydb_internal.export_evade(pydb_internal.run_state, pydb_internal.run_part) from public;
