-- pydb_internal.run_log_done (log; by cascade_log): log a run that was one transaction, at its end and within it.
-- writes pydb.job_run   locks nothing
-- raises nothing
create or replace function pydb_internal.run_log_done(
    p_kind text,
    p_subject text,
    p_rows bigint,
    p_started timestamptz,
    p_request uuid,
    p_detail jsonb
)
returns bigint
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_id bigint;
begin
    insert into pydb.job_run (
        kind, subject, state, stop_reason, rows_planned, rows_done, batches, started_at, heartbeat_at, finished_at,
        request, pid, detail
    )
    values (
        p_kind, p_subject,
        -- rows that triggers keep, or that are in tables inheriting from the root, are still to be seen
        case when p_detail ?| '{heirs,kept}' then 'partial' else 'completed' end,
        case when p_detail ?| '{heirs,kept}' then 'no_progress' else 'exhausted' end,
        p_rows, p_rows, 1, p_started, v_now, v_now, p_request,
        pg_backend_pid(), coalesce(p_detail, '{}'::jsonb)
    )
    returning id into v_id;
    return v_id;
end
$$;

comment on function pydb_internal.run_log_done(text, text, bigint, timestamptz, uuid, jsonb) is
'Logs a run of one batch and returns its id: completed, or partial where its detail says that rows stay.';

revoke all on function pydb_internal.run_log_done(text, text, bigint, timestamptz, uuid, jsonb) from public;
