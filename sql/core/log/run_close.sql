-- pydb_internal.run_close (log; by run_end): end a run in one named state with one named reason; what it did is
-- audited.
-- writes pydb.job_run, pydb.audit_log   locks the run's row, and old ones that it deletes
-- raises nothing
create or replace function pydb_internal.run_close(
    p_run_id bigint,
    p_state text,
    p_stop_reason text,
    p_rows_skipped bigint,
    p_sqlstate text,
    p_error text,
    p_detail jsonb,
    p_subject text default null,
    p_audit jsonb default null
)
returns boolean
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
declare
    v_run pydb.job_run;
    v_plan jsonb;
begin
    update pydb.job_run as r
    set state = p_state, stop_reason = p_stop_reason, rows_skipped = coalesce(p_rows_skipped, r.rows_skipped),
        sqlstate = p_sqlstate, error = p_error, heartbeat_at = clock_timestamp(),
        finished_at = greatest(clock_timestamp(), r.started_at), -- a clock may go back meanwhile
        detail = r.plan || r.detail || coalesce(p_detail, '{}'::jsonb), plan = '{}'
    from pydb.job_run as o
    where r.id = p_run_id and r.state = 'running' and r.pid = pg_backend_pid() and o.id = r.id
    returning o.plan into v_plan;
    if found then
        select r.* into v_run from pydb.job_run as r where r.id = p_run_id;
        v_run.plan := v_plan;
        perform pydb_internal.run_audit(v_run, p_subject, p_audit);
        -- whoever adds to the log takes away what is too old
        perform pydb_internal.run_prune(v_run.kind, v_run.subject);
        return true;
    end if;
    return false;
end
$$;

comment on function pydb_internal.run_close(bigint, text, text, bigint, text, text, jsonb, text, jsonb) is
'Closes a running run with its state, reason, skipped rows and error, and removes old runs of its subject;
false if it is closed already, or another process opened it. p_subject, p_audit: subject and more arguments for the
audit log.';

revoke all on function pydb_internal.run_close(bigint, text, text, bigint, text, text, jsonb, text, jsonb) from public;
