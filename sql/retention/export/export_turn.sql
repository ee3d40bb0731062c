-- pydb_internal.export_turn (export; by retention_export_run): hook of export runs: delete the next rows that a
-- verified file holds, in the caller's transaction; or wait for one.
-- writes the target, pydb.archive_manifest, pydb_internal.archive_chunk   locks the relation (row exclusive), its rows
-- raises what retention_turn raises
create or replace function pydb_internal.export_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_of(p_run);
    v_start constant timestamptz := clock_timestamp();
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_chunk pydb_internal.archive_chunk;
    v_slice pydb_internal.run_part;
    v_id text;
    v_is_done boolean;
begin
    if p_part.strategy = 'partition' then
        return pydb_internal.retention_partition_turn(p_run, p_part);
    elsif v_policy.action = 'archive' then
        return pydb_internal.retention_turn(p_run, p_part);
    elsif p_part.is_late then -- what somebody held gets its second chance
        v_turn := pydb_internal.retention_turn(p_run, p_part);
        perform pydb_internal.archive_chunk_account(
            p_run.run_id, split_part(p_part.subject, '/', 1)::bigint, null, (v_turn.run).rows, false, false
        );
        return v_turn;
    end if;
    v_chunk := pydb_internal.archive_chunk_next(p_run.run_id);
    v_id := v_chunk.manifest_id || '/' || v_chunk.number;
    if v_id is null then
        return pydb_internal.archive_exporter_wait(p_run, p_part);
    end if;
    v_slice := pydb_internal.export_slice(
        v_policy, v_work, v_chunk, case when p_part.subject = v_id then p_part.at_block else 0 end
    );
    if v_slice.signature is distinct from v_chunk.signature then
        -- the table is no longer what was exported: its rows stay, and are exported anew
        perform pydb_internal.archive_chunk_account(
            p_run.run_id, v_chunk.manifest_id, v_chunk.number, 0, true, false
        );
        v_turn.run := p_run;
        v_turn.part := p_part;
        return v_turn;
    end if;
    v_turn := pydb_internal.retention_turn(p_run, v_slice);
    if (v_turn.run).version is distinct from p_run.version then
        v_turn.part := p_part;
        return v_turn;
    end if;
    v_is_done := v_turn.part is null and v_slice.at_block >= cardinality(v_chunk.tids);
    perform pydb_internal.archive_chunk_account(
        p_run.run_id, v_chunk.manifest_id, v_chunk.number, (v_turn.run).rows, v_is_done,
        v_is_done and v_turn.parts is not null
    );
    if v_turn.part is null then
        v_turn.part := p_part;
        v_turn.part.subject := v_id;
        v_turn.part.at_block := v_slice.at_block;
    else
        v_turn.part := p_part; -- its budget ended within the slice
    end if;
    if v_work.mode = 'plain' and (v_turn.run).rows >= 10 then
        v_turn.run.work := (v_turn.run).work || jsonb_build_object('index_range', greatest(10, least(
            pydb_internal.run_size(
                v_work.index_range, extract(epoch from clock_timestamp() - v_start)::float8 * 1000,
                pydb_internal.retention_target_ms(v_policy)
            ), 20000
        ))::bigint);
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.export_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Deletes the next rows of a verified file that are still the versions it holds and still due, and accounts for them in
the same transaction; waits where no file is ready.';

revoke all on function pydb_internal.export_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
