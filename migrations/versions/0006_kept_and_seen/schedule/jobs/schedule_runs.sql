-- pydb_internal.schedule_runs (jobs): the last time each job was fired, by pg_cron or by pydb
-- schedule run, and how it went.
-- reads pydb.schedule_source, pydb.schedule_claim, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_runs(p_cron jsonb)
returns table (job_name text, fired_at timestamptz, status text, message text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select distinct on (f.job_name) f.job_name, f.fired_at, f.status, f.message
    from (
        select
            d.job_name,
            -- a run that never got a connection has no times in pg_cron 1.4
            coalesce(d.start_time, d.end_time) as fired_at,
            case
                when d.status in ('succeeded', 'failed') then d.status
                -- pg_cron 1.4 can leave such a row behind; the minute is for the one that it has yet to close
                when d.start_time < statement_timestamp() - interval '1 minute'
                    and not exists (select from pg_stat_activity as a where a.pid = d.job_pid)
                    then 'interrupted'
                else 'running'
            end as status,
            nullif(btrim(d.return_message), '') as message
        from pydb_internal.schedule_fired(p_cron) as d
        union all
        (
            select distinct on (c.job)
                c.job, c.claimed_at,
                coalesce(c.outcome, case when pydb_internal.schedule_backend_alive(c.pid, c.backend_start)
                    then 'running' else 'interrupted' end),
                c.message
            from pydb.schedule_claim as c
            order by c.job, c.due_at desc
        )
    ) as f
    order by f.job_name, f.fired_at desc nulls first
$$;

comment on function pydb_internal.schedule_runs(jsonb) is
'Last firing of each job: fired_at (null = it never got as far as a connection), status succeeded, failed, running or
interrupted, and what the server said.';

revoke all on function pydb_internal.schedule_runs(jsonb) from public;
