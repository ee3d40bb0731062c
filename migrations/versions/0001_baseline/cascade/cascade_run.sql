-- pydb.cascade_run: execute cascade jobs in batches, each committed, children first; go on where a run was cut off.
-- writes the root, what references it, pydb.cascade_job, pydb.job_run   locks per batch: tables (row exclusive), rows
-- raises YD302 YD306 YD308; warns YD007; commits, so it cannot run inside a transaction block
create or replace procedure pydb.cascade_run(
    p_job bigint default null,
    p_max_runtime interval default null,
    p_request uuid default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_deadline pg_catalog.timestamptz;
    v_jobs bigint[];
    v_job bigint;
    v_state pg_catalog.jsonb;
    v_worst pg_catalog.jsonb;
    v_note pg_catalog.text;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
        raise warning using errcode = 'YD007', message = 'nothing was run: the server is a standby or read-only',
            hint = 'Run it on the primary.';
        return;
    end if;
    v_deadline := clock_timestamp() + p_max_runtime;
    v_jobs := pydb_internal.cascade_jobs_due(p_job);
    foreach v_job in array v_jobs loop
        v_state := null;
        call pydb_internal.cascade_run_job(v_job, v_deadline, p_request, v_state);
        set local search_path = pg_catalog, pg_temp;
        v_note := format(
            'job %s: %s (%s), %s%s', v_job, v_state ->> 'state', v_state ->> 'reason',
            pydb_internal.rows_text((v_state ->> 'done')::bigint),
            case when v_state ->> 'reason' <> 'exhausted' then coalesce(': ' || (v_state ->> 'error'), '') else '' end
        );
        if v_state ->> 'state' in ('failed', 'blocked', 'cancelled') then
            v_worst := v_state || jsonb_build_object('note', v_note);
        end if;
        if v_state ->> 'state' = 'completed' then
            raise notice '%', v_note;
        elsif v_state ->> 'state' in ('partial', 'skipped') or v_jobs[2] is not null then
            raise warning '%', v_note;
        end if;
        exit when v_state ? 'halt';
    end loop;
    commit;
    set local search_path = pg_catalog, pg_temp;
    if v_worst is not null then
        raise exception using
            errcode = case v_worst ->> 'state'
                when 'failed' then 'YD308' when 'cancelled' then '57014'
                else case v_worst ->> 'sqlstate' when 'YD306' then 'YD306' else 'YD302' end
            end,
            message = v_worst ->> 'note',
            detail = format(
                'SQLSTATE %s. What was committed before stays; the job goes on with the next run.',
                coalesce(v_worst ->> 'sqlstate', 'none')
            ),
            hint = coalesce(nullif(v_worst ->> 'hint', ''), format('call pydb.cascade_run(%s);', v_worst ->> 'job'));
    end if;
end
$$;

comment on procedure pydb.cascade_run(bigint, interval, uuid) is
'Executes one cascade job, or all that are due (null): batches of rows with their own cascades, children first, each
committed; schedule it as one bare CALL. A run that was cut off at any point is gone on with by the next. p_max_runtime
bounds the call. When nothing is left, rows that arrived meanwhile have been looked for, and pydb.cascade_job.proof is
written. Too early, not approved, cancelled or done: YD306. Blocked: YD302; failed: YD308; each after everything before
is committed.';

revoke all on procedure pydb.cascade_run(bigint, interval, uuid) from public;
