-- pydb_internal.run_series (run): run several subjects of a kind one after the other; one failing never stops the
-- others.
-- writes what run_drive writes   locks per turn
-- raises YD110 YD111, what holds a run (YD840); calls what commits, and sets its path again after each call
create or replace procedure pydb_internal.run_series(p_run pydb_internal.run_state, p_subjects text[])
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
    v_worst pydb_internal.run_state;
    v_kind pydb_internal.run_kind;
    v_subject pg_catalog.text;
    v_halt pg_catalog.text;
    v_left bigint := p_run.max_rows;
    v_wal bigint := p_run.max_wal;
begin
    set local search_path = pg_catalog, pg_temp;
    v_kind := pydb_internal.run_kind_get(p_run.kind);
    foreach v_subject in array p_subjects loop
        v_run := p_run;
        v_run.subject := v_subject;
        v_run.max_rows := v_left;
        v_run.max_wal := v_wal;
        v_run.wal := 0;
        v_run.done := 0;
        v_run.batches := 0;
        v_run.tries := 0;
        v_run.retries := 0;
        if v_halt is not null then
            -- whose turn never came is in the log as well
            v_run.state := 'skipped';
            v_run.reason := v_halt;
            v_run.error := 'the call ended before its turn';
        elsif v_run.state is null then
            begin
                perform pydb_internal.run_pin();
                perform pydb_internal.audit_seal_due(); -- run_drive commits it
            exception when query_canceled or lock_not_available then
                v_run := pydb_internal.run_unbegun(v_run, sqlstate, sqlerrm);
            end;
        end if;
        call pydb_internal.run_drive(v_run);
        set local search_path = pg_catalog, pg_temp;
        v_left := v_left - v_run.done;
        v_wal := v_wal - v_run.wal;
        v_halt := coalesce(v_halt, v_run.halt, case
            when v_left <= 0 then 'row_budget' when v_wal <= 0 then 'wal_budget' end);
        if v_run.state in ('failed', 'blocked', 'cancelled')
            and (v_worst.state is null or v_run.state <> 'blocked') then
            v_worst := v_run;
        end if;
        perform pydb_internal.run_tell(v_run, v_worst.state is not null and cardinality(p_subjects) > 1);
        if v_run.halt = 'cancelled' and v_worst.state is null then
            v_worst := v_run; -- cancelled between its last turn and its end
            v_worst.state := 'cancelled';
            v_worst.reason := 'cancelled';
        end if;
    end loop;
    if v_worst.state is null then
        perform pydb_internal.audit_seal_due();
    else
        raise exception using
            errcode = case v_worst.state
                when 'failed' then v_kind.failed
                when 'cancelled' then '57014'
                else case
                    when v_worst.sqlstate = any(v_kind.passed_on) or v_worst.reason = 'held'
                        then coalesce(v_worst.sqlstate, v_kind.blocked)
                    else v_kind.blocked
                end
            end,
            message = pydb_internal.run_sentence(v_worst),
            detail = pg_catalog.concat_ws(' ', v_worst.error_detail, pg_catalog.jsonb_extract_path_text(
                v_worst.detail, 'context'
            ), format(
                'SQLSTATE %s. What was committed before stays, and the log has it all.',
                coalesce(v_worst.sqlstate, 'none')
            )),
            hint = coalesce(
                v_worst.hint, format(v_kind.hint, v_worst.subject, substring(v_worst.subject from '\S+$'))
            );
    end if;
end
$$;

comment on procedure pydb_internal.run_series(pydb_internal.run_state, text[]) is
'Runs each subject with the bounds of p_run (max_rows and max_wal hold over all), tells how each ended, and raises the
worst end after everything is committed: failed before cancelled before blocked.';

revoke all on procedure pydb_internal.run_series(pydb_internal.run_state, text[]) from public;
