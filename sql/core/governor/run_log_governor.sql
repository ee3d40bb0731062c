-- pydb_internal.run_log_governor (governor; by governor_decide): note what a run rests for, or goes slower for,
-- while it does.
-- writes pydb.job_run   locks the run's row
-- raises nothing
create or replace function pydb_internal.run_log_governor(
    p_run_id bigint,
    p_indicator text,
    p_signal text,
    p_reason text
)
returns void
language sql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
    update pydb.job_run as r
    set governor_indicator = p_indicator, governor_signal = p_signal,
        governor_reason = case when p_signal is not null then p_reason end,
        governor_since = case
            when p_signal = r.governor_signal then r.governor_since
            when p_signal is not null then clock_timestamp()
        end,
        heartbeat_at = clock_timestamp()
    where r.id = p_run_id and r.state = 'running' and r.pid = pg_backend_pid();
$$;

comment on function pydb_internal.run_log_governor(bigint, text, text, text) is
'Sets what the governor says of a running run; nulls where it says nothing any more.';

revoke all on function pydb_internal.run_log_governor(bigint, text, text, text) from public;
