-- pydb._run_close: end a run in one named state with one named reason.
-- writes pydb.job_run   locks the run's row
-- raises nothing
create or replace function pydb._run_close(
    p_run_id bigint,
    p_state text,
    p_stop_reason text,
    p_rows_skipped bigint,
    p_sqlstate text,
    p_error text,
    p_detail jsonb
)
returns void
language sql
security definer -- see pydb._run_open
set search_path = pg_catalog, pg_temp
as $$
    update pydb.job_run as r
    set state = p_state, stop_reason = p_stop_reason, rows_skipped = coalesce(p_rows_skipped, r.rows_skipped),
        sqlstate = p_sqlstate, error = p_error, heartbeat_at = clock_timestamp(), finished_at = clock_timestamp(),
        detail = r.detail || coalesce(p_detail, '{}'::jsonb)
    where r.id = p_run_id and r.state = 'running';
$$;

comment on function pydb._run_close(bigint, text, text, bigint, text, text, jsonb) is
'Closes a running run with its state, reason, skipped rows and error.';

revoke all on function pydb._run_close(bigint, text, text, bigint, text, text, jsonb) from public;
