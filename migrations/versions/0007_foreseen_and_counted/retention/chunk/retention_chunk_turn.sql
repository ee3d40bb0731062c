-- pydb_internal.retention_chunk_turn (chunk; by retention_partition_turn): the turn of a part that is a chunk: it goes
-- by drop_chunks of TimescaleDB, with those of the same stretch of time, in the caller's transaction.
-- writes what drop_chunks writes, pydb.retention_partition, pydb.audit_log   locks the chunks (access exclusive), and
-- what drop_chunks locks
-- raises 40001 55P03 YD703 YD901, and what drop_chunks raises
create or replace function pydb_internal.retention_chunk_turn(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_place text;
    v_all record;
    v_start timestamptz;
begin
    v_turn.run := p_run;
    v_place := pydb_internal.retention_chunk_place(p_policy, v_work.cutoff, p_part.relation);
    v_all := pydb_internal.retention_chunk_stretch(p_policy, v_work.cutoff, v_place);
    if p_part.relation <> all(v_all.chunks) or not v_all.may_go then
        v_work.blocked := v_work.blocked + greatest(p_part.due, 1); -- something came in between
        v_turn.run.work := to_jsonb(v_work);
        return v_turn;
    elsif v_all.all_rows > p_run.max_rows - p_run.done then
        v_turn.run.state := 'partial';
        v_turn.run.reason := 'row_budget';
        v_turn.run.error := format('%s holds %s, and %s are left of max_rows', pydb_internal.relation_name(
            p_part.relation
        ), pydb_internal.rows_text(v_all.all_rows), p_run.max_rows - p_run.done);
        return v_turn;
    end if;
    for v_number in 1 .. cardinality(v_all.chunks) loop
        perform pydb_internal.retention_partition_store(pydb_internal.draft_add(
            'retention_partition', jsonb_build_object(
                'policy', p_policy.name, 'partition', v_all.chunks[v_number]::bigint, 'run_id', p_run.run_id,
                'state', 'dropped', 'rows', v_all.rows[v_number], 'is_exact', v_all.all_rows <= 100000
            )
        ));
    end loop;
    perform pydb_internal.retention_partition_lock(null, v_all.chunks);
    v_start := clock_timestamp();
    perform pydb_internal.retention_check_held(p_policy, v_all.chunks); -- what came before the lock
    -- so many are counted again in some milliseconds
    if v_all.all_rows <= 100000 and v_all.rows is distinct from array(
        select (pydb_internal.retention_partition_rows(u.chunk)).rows
        from unnest(v_all.chunks) with ordinality as u (chunk, place) order by u.place
    ) then
        raise exception using errcode = '40001',
            message = format('%s got rows meanwhile', pydb_internal.relation_name(p_part.relation)),
            detail = 'They are counted before it goes.', hint = 'It is tried again.';
    end if;
    perform pydb_internal.retention_chunk_drop(p_policy.target, v_place, v_all.chunks);
    v_work.parts_since := null;
    v_work.parts_done := coalesce(v_work.parts_done, 0) + cardinality(v_all.chunks);
    v_work.parts_rows := coalesce(v_work.parts_rows, 0) + v_all.all_rows;
    v_turn.run.work := to_jsonb(v_work);
    v_turn.run.rows := v_all.all_rows;
    -- the lock was on the chunks alone; every session reads what is left of the hypertable anew
    v_turn.run.wake_at := clock_timestamp() + greatest(5 * (clock_timestamp() - v_start), interval '20 ms');
    return v_turn;
end
$$;

comment on function pydb_internal.retention_chunk_turn(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part
) is
'The run after a chunk went, with its rows, and those that TimescaleDB drops with it; no part is left. Nothing happens
where one of them may not go any more.';

revoke all on function pydb_internal.retention_chunk_turn(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part
) from public;
