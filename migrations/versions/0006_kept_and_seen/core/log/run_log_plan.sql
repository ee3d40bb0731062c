-- pydb_internal.run_log_plan (log): note what a run set out to do.
-- writes pydb.job_run   locks the run's row
-- raises nothing
create or replace function pydb_internal.run_log_plan(
    p_run_id bigint,
    p_rows_planned bigint,
    p_cutoff timestamptz,
    p_detail jsonb
)
returns void
language plpgsql -- it keeps its plan
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.job_run as r
    set rows_planned = p_rows_planned, cutoff = p_cutoff, heartbeat_at = clock_timestamp(),
        -- not in detail, which each batch writes anew: this can be long
        plan = coalesce(p_detail, '{}'::jsonb)
    where r.id = p_run_id and r.state = 'running' and r.pid = pg_backend_pid();
end
$$;

comment on function pydb_internal.run_log_plan(bigint, bigint, timestamptz, jsonb) is
'Sets the planned rows and the cutoff of a run and keeps p_detail as its plan.';

revoke all on function pydb_internal.run_log_plan(bigint, bigint, timestamptz, jsonb) from public;
