-- pydb_internal.archive_export_turn (export; by archive_export_run): hook of exports of archived rows: take the next
-- rows that a verified file holds out of their archive; or wait for one.
-- writes the archive, pydb.archive_run, pydb.archive_manifest, pydb_internal.archive_chunk   locks the rows it deletes
-- raises YD005
create or replace function pydb_internal.archive_export_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chunk constant pydb_internal.archive_chunk := pydb_internal.archive_chunk_next(p_run.run_id);
    v_turn pydb_internal.run_turn;
begin
    if v_chunk.manifest_id is null then
        return pydb_internal.archive_exporter_wait(p_run, p_part);
    end if;
    v_turn.run := p_run;
    v_turn.part := p_part;
    v_turn.run.rows := pydb_internal.archive_export_rows(
        p_run.run_id, v_chunk.manifest_id, v_chunk.number, p_run.max_rows - p_run.done
    );
    return v_turn;
end
$$;

comment on function pydb_internal.archive_export_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Takes the rows of one chunk of a verified file out of the archive; waits where no file is ready.';

revoke all on function pydb_internal.archive_export_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
