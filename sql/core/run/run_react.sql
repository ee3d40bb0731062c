-- pydb_internal.run_react (run): what a run does about an error: around it, again smaller and later, or
-- stop and say why.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_react(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part,
    p_sqlstate text,
    p_error text,
    p_hint text,
    p_error_detail text default null,
    p_context text default null
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn pydb_internal.run_turn;
    v_fault constant record := pydb_internal.run_fault(p_sqlstate);
    v_may_pass constant boolean := v_fault.passes and p_run.run_id is not null
        and p_run.tries < pydb_internal.setting_get(p_name => 'retry_limit')::integer;
    v_timeout constant float8 := extract(epoch from current_setting('statement_timeout')::interval)::float8;
    -- a cancel and a statement_timeout differ in their text alone, and that is translated: the clock tells. The timer
    -- starts with the first message of the statement, statement_timestamp() is that of its last.
    v_is_timeout constant boolean := p_sqlstate = '57014' and v_timeout > 0
        and extract(epoch from clock_timestamp() - statement_timestamp()) + 0.1 >= v_timeout;
begin
    p_run.sqlstate := p_sqlstate;
    p_run.error := p_error;
    p_run.hint := nullif(p_hint, '');
    p_run.error_detail := pydb_internal.application_detail(p_sqlstate, p_error_detail);
    p_run.detail := null; -- what the turn wanted to log is undone with it
    p_run.counts := null;
    -- what passes elsewhere is tried again before a row is taken for its cause
    p_run.by_row := v_fault.by_row
        or (not v_may_pass and pydb_internal.run_is_by_row(p_sqlstate, p_context));
    v_turn.run := p_run;
    if p_sqlstate = '57014' and not v_is_timeout then
        v_turn.run.state := 'cancelled';
        v_turn.run.reason := 'cancelled';
        v_turn.run.halt := 'cancelled'; -- a cancel ends the call, and this may be one even where a trigger raised it
        if pydb_internal.application_raised(p_context) then
            v_turn.run.state := 'failed';
            v_turn.run.reason := 'error';
            v_turn.run.hint := coalesce(p_run.hint, 'Code of the application raised 57014, which ends the whole call '
                'as a cancel does: have it raise another SQLSTATE, and its row is left alone.');
        end if;
        return v_turn;
    end if;
    if not (p_part is null) then
        v_turn := pydb_internal.run_call('evade', p_run, p_part, null);
    end if;
    if not (v_turn.part is null) then
        v_turn.run.tally := pydb_internal.run_tally((v_turn.run).tally, null, p_sqlstate);
    end if;
    if v_is_timeout then
        -- before its first batch it has done nothing, and will not tomorrow either
        v_turn.run.state := case when coalesce(p_run.batches, 0) = 0 then 'blocked' else 'partial' end;
        v_turn.run.reason := 'time_budget';
        v_turn.run.halt := 'time_budget';
        v_turn.run.hint := coalesce((
            select s.cure
            from pg_roles as r
            cross join lateral pydb_internal.setting_of_role(r.oid, 'statement_timeout') as s
            where r.rolname = session_user
        ), 'set statement_timeout = 0;');
    elsif v_turn.part is null then
        v_turn.run.tries := p_run.tries + 1;
        if p_run.run_id is null and p_sqlstate = '55P03' then
            -- another session is about to open or to close a run of the same
            v_turn.run.state := 'skipped';
            v_turn.run.reason := 'locked';
        elsif v_may_pass then
            -- up to 50 ms, 100 ms, 200 ms … at random, so that two who collided do not meet again
            v_turn.run.retries := p_run.retries + 1;
            v_turn.run.tally := pydb_internal.run_tally(p_run.tally, null, p_sqlstate);
            v_turn.run.wake_at := clock_timestamp() + random() * 50 * 2 ^ least(p_run.tries, 6) * interval '1 ms';
        else
            v_turn.run.state := v_fault.state;
            v_turn.run.reason := v_fault.reason;
            v_turn.run.hint := pydb_internal.run_cure(p_sqlstate, p_hint);
        end if;
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.run_react(
    pydb_internal.run_state, pydb_internal.run_part, text, text, text, text, text
) is
'The run after an error whose turn was rolled back. part: changed by its kind so that the next try goes around the
error; null: another try after a pause, or the end: cancelled, partial, blocked, failed.';

revoke all on function pydb_internal.run_react(
    pydb_internal.run_state, pydb_internal.run_part, text, text, text, text, text
) from public;
