-- pydb_internal.run_proceed (run; by run_drive): one turn of a run: a look at all that could stop it, then the next
-- step of a part, or the next parts; logged with it.
-- writes what the hooks of its kind write, pydb.job_run, a message to the WAL   locks what they lock
-- raises what they raise, YD110
create or replace function pydb_internal.run_proceed(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_run pydb_internal.run_state;
    v_is_new boolean; -- at its start, and whenever what it is about was edited
    v_turn pydb_internal.run_turn;
    v_start timestamptz;
    v_lsn pg_lsn;
begin
    v_turn.part := p_part;
    p_run.relation := coalesce(p_part.relation, p_part.chunks[1].relation);
    v_run := pydb_internal.run_look(p_run);
    v_is_new := v_run.version is distinct from p_run.version;
    if v_run.state is not null or v_run.governor_since is not null
        or (v_run.wake_at > clock_timestamp() and (not v_is_new or p_run.version is null))
    then
        null; -- at its end, or it rests
    elsif v_is_new or p_part is null then
        v_turn := pydb_internal.run_call('open', v_run, null, case when not v_is_new then p_parts end);
        v_run := v_turn.run;
        if v_is_new and v_run.state is null and v_run.due = 0 and cardinality(v_turn.parts) = 0 then
            -- nothing is to be done: what comes at the end comes at once, and is no transaction of its own
            v_turn := pydb_internal.run_call('open', v_run, null, v_turn.parts);
            v_run := v_turn.run;
        end if;
        v_turn.is_layout := true;
    else
        perform pydb_internal.run_mark(v_run);
        v_start := clock_timestamp();
        v_lsn := pg_current_wal_insert_lsn();
        v_turn := pydb_internal.run_call('turn', v_run, p_part, null);
        if v_turn.is_settled is not true then
            perform pydb_internal.application_constraints(); -- what a deferred one refuses is an error of this turn
        end if;
        v_run := v_turn.run;
        v_run.turn_ms := extract(epoch from clock_timestamp() - v_start)::float8 * 1000;
        v_run.wal := coalesce(v_run.wal, 0) + pg_wal_lsn_diff(pg_current_wal_insert_lsn(), v_lsn)::bigint;
        if v_run.rows is not null then
            v_run.done := v_run.done + v_run.rows;
            v_run.batches := v_run.batches + 1;
            v_run.tries := 0;
            v_run.tally := pydb_internal.run_tally(v_run.tally, v_run.turn_ms);
            raise debug '%: batch %: % rows', pydb_internal.run_label(v_run), v_run.batches, v_run.rows;
            perform pydb_internal.run_log_batch(v_run.run_id, v_run.rows, 1, v_run.detail, v_run.counts, v_run.wal);
            v_run.detail := null;
            v_run.counts := null;
        elsif v_run.state is null then
            perform pydb_internal.run_beat(v_run.run_id);
        end if;
        if v_run.factor < 1 then -- the governor's share of the time
            v_run.wake_at := greatest(
                v_run.wake_at, clock_timestamp() + v_run.turn_ms * (1 / v_run.factor - 1) * interval '1 ms'
            );
        end if;
    end if;
    if v_run.state is not null then
        perform pydb_internal.run_end(v_run); -- in the transaction of its last turn
    end if;
    v_turn.run := v_run;
    return v_turn;
end
$$;

comment on function pydb_internal.run_proceed(
    pydb_internal.run_state, pydb_internal.run_part, pydb_internal.run_part[]
) is
'One turn, in one transaction. p_part: the part to go on with; null = p_parts, all of a pass, are through.';

revoke all on function pydb_internal.run_proceed(
    pydb_internal.run_state, pydb_internal.run_part, pydb_internal.run_part[]
) from public;
