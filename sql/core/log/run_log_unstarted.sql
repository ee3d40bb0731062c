-- pydb_internal.run_log_unstarted (log; by run_end): log a run that never started, with the reason.
-- writes pydb.job_run   locks old rows that it deletes
-- raises YD901
create or replace function pydb_internal.run_log_unstarted(
    p_kind text,
    p_subject text,
    p_dry_run boolean,
    p_request uuid,
    p_state text,
    p_stop_reason text,
    p_error text,
    p_sqlstate text default null,
    p_detail jsonb default '{}'
)
returns bigint
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_id bigint;
begin
    if p_state not in ('skipped', 'partial', 'blocked', 'failed', 'cancelled') then
        raise exception using errcode = 'YD901', message = format('a run that never began is not %s', p_state),
            detail = format('Subject %s.', p_subject), hint = 'pydb migrate check';
    end if;
    insert into pydb.job_run (
        kind, subject, dry_run, state, stop_reason, started_at, heartbeat_at, finished_at, request, pid, error,
        sqlstate, detail
    )
    values (
        p_kind, p_subject, p_dry_run, p_state, p_stop_reason, v_now, v_now, v_now, p_request, pg_backend_pid(), p_error,
        p_sqlstate, coalesce(p_detail, '{}')
    )
    returning id into v_id;
    perform pydb_internal.run_prune(p_kind, p_subject);
    return v_id;
end
$$;

comment on function pydb_internal.run_log_unstarted(
    text, text, boolean, uuid, text, text, text, text, jsonb
) is
'Logs a run that ended before it began (skipped, for example) and returns its id; removes old runs of its subject.';

revoke all on function pydb_internal.run_log_unstarted(
    text, text, boolean, uuid, text, text, text, text, jsonb
) from public;
