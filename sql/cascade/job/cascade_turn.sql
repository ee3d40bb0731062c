-- pydb_internal.cascade_turn (job; by cascade_run): hook of cascade jobs: delete the next rows of a part, in the
-- caller's transaction.
-- writes the root, what references it, their archives, pydb.cascade_job   locks the tables and the rows
-- raises 55P03 YD003 YD004 YD005 YD015 YD103 YD114 YD301 YD302 YD304 YD306 YD602 YD703, and what constraints and
-- triggers raise
create or replace function pydb_internal.cascade_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start constant timestamptz := clock_timestamp();
    v_work pydb_internal.cascade_work := jsonb_populate_record(null::pydb_internal.cascade_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_take record;
    v_gone record;
    v_late record;
    v_pace float8;
begin
    v_turn.run := p_run;
    perform pydb_internal.cascade_pin(v_work.job);
    perform pydb_internal.cascade_enter(v_work.root);
    if p_part.strategy = 'purge' then
        v_gone := pydb_internal.cascade_purge_rows(p_run.run_id, v_work.job, p_part.chunks[1]);
        v_turn.run.rows := v_gone.rows;
        v_turn.run.detail := v_gone.told;
        return v_turn;
    elsif v_work.purge then
        v_late := pydb_internal.cascade_purge_late(p_run.run_id, v_work);
        if v_late.parts <> '{}' then -- they first
            v_gone := pydb_internal.cascade_purge_rows(p_run.run_id, v_work.job, v_late.parts[1].chunks[1]);
            v_turn.run.rows := v_gone.rows;
            v_turn.run.detail := v_gone.told;
            v_turn.part := p_part;
            return v_turn;
        end if;
        v_work.mark := v_late.mark;
    end if;
    if p_part.strategy = 'whole' then
        v_gone := pydb_internal.cascade_job_delete(v_work, pydb_internal.cascade_job_closure(v_work, false));
        perform pydb_internal.cascade_check_graph(v_work);
        v_turn.run.rows := v_gone.rows;
        v_turn.run.detail := v_gone.told;
        return v_turn;
    end if;
    v_take := pydb_internal.cascade_job_take(p_part.chunks, v_work.size, v_work.width);
    v_gone := pydb_internal.cascade_job_batch(v_work, v_take.chunks);
    -- after the delete, whose locks keep new keys away: rows behind one were in no plan that anybody has seen
    v_work.graph := pydb_internal.cascade_check_graph(v_work);
    if cardinality(v_take.rest) > 0 then
        v_turn.part := p_part;
        v_turn.part.chunks := v_take.rest;
    end if;
    if v_gone.rows is not null then
        v_turn.run.rows := v_gone.rows;
        v_turn.run.detail := v_gone.told;
        -- the next rows may be those of a table that is slower, so it does not grow as fast as it could
        v_pace := least(pydb_internal.run_size(
            1, extract(epoch from clock_timestamp() - v_start)::float8 * 1000,
            extract(epoch from pydb_internal.setting_get(p_name => 'batch_target')::interval)::float8 * 1000
        ), 1.5);
        -- and only by what bounded this one
        if v_pace < 1 or v_take.rows >= v_work.size then
            -- below it the batch itself is what takes the time
            v_work.size := greatest(v_work.size * v_pace, 100)::bigint;
        end if;
        if v_pace < 1 or cardinality(v_take.chunks) >= v_work.width then
            v_work.width := greatest(v_work.width * v_pace, 10)::integer;
        end if;
    elsif v_gone.is_blocked and cardinality(v_take.chunks) > 1 then
        -- other rows of the job must go before some of these: fewer relations show before which
        v_work.width := cardinality(v_take.chunks) / 2;
        v_turn.part := p_part;
    elsif v_gone.is_blocked then
        v_turn.parts := array[p_part];
        v_turn.parts[1].is_late := true;
        v_turn.parts[1].chunks := null; -- the next look finds them again
    end if;
    v_turn.run.work := to_jsonb(v_work);
    return v_turn;
end
$$;

comment on function pydb_internal.cascade_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Deletes the next rows of a part, or (whole) all that is left at once: the run with the rows of the batch and the size
of the next one, the part without them (null when it is through), and a mark where rows must wait for others.';

revoke all on function pydb_internal.cascade_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
