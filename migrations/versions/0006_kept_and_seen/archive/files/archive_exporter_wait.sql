-- pydb_internal.archive_exporter_wait (files): nothing to delete yet: wait for the next file, or there is none any
-- more.
-- reads pydb_internal.archive_exporter, archive_chunk, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_exporter_wait(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_exporter constant pydb_internal.archive_exporter := pydb_internal.archive_exporter_of(p_run.request);
    v_fault record;
    v_turn pydb_internal.run_turn;
begin
    v_turn.run := p_run;
    if v_exporter.is_over and (pydb_internal.archive_chunk_next(p_run.run_id)).manifest_id is not null then
        v_turn.part := p_part; -- the last files came after the caller had looked for one
    elsif v_exporter.sqlstate is not null then
        v_fault := pydb_internal.run_fault(v_exporter.sqlstate);
        v_turn.run.state := case when v_fault.state = 'blocked' or p_run.done = 0 then v_fault.state else 'partial' end;
        v_turn.run.reason := v_fault.reason;
        v_turn.run.sqlstate := v_exporter.sqlstate;
        v_turn.run.error := v_exporter.error;
    elsif v_exporter.is_over then
        v_turn.part := null; -- all files are through
    elsif v_exporter.request is not null and exists (
        select from pg_stat_activity as a
        where a.pid = v_exporter.pid and (a.backend_start = v_exporter.backend_start or a.backend_start is null)
    ) then
        v_turn.part := p_part;
        v_turn.run.wake_at := clock_timestamp() + interval '50 ms';
    else
        v_turn.run.state := 'failed';
        v_turn.run.reason := 'error';
        v_turn.run.sqlstate := 'YD623';
        v_turn.run.error := 'nobody writes the files that this run waits for';
        v_turn.run.hint := 'pydb archive export writes them, and starts this run itself';
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.archive_exporter_wait(pydb_internal.run_state, pydb_internal.run_part) is
'The part again after a pause while the exporter lives; no part when there are no more files; the end of the run where
the exporter met an error or is gone.';

revoke all on function pydb_internal.archive_exporter_wait(pydb_internal.run_state, pydb_internal.run_part) from public;
