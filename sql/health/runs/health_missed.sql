-- pydb_internal.health_missed (runs; by health_schedule): scheduled jobs whose runs the log has, and which of them did
-- not run when it was time.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.job_run, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_missed(p_now timestamptz)
returns table (job_name text, due_at timestamptz, run_at timestamptz, is_missed boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with job as materialized (
        select j.* from pydb_internal.schedule_jobs() as j
        where j.wanted and not j.idle and j.run_subject is not null
    ),

    fired as materialized (
        select s.schedule, pydb_internal.cron_previous(
            s.schedule, p_now - pydb_internal.setting_get(p_name => 'schedule_grace')::interval
        ) as at
        from (select distinct o.schedule from job as o) as s
    )
    -- a run that takes longer than its schedule allows is another matter
    select j.job_name, f.at, r.started_at,
        coalesce(greatest(r.started_at, j.since) < f.at and r.state is distinct from 'running', false)
    from job as j
    inner join fired as f on f.schedule = j.schedule
    left join lateral (
        select q.started_at, q.state
        from pydb.job_run as q
        where q.kind = j.kind and q.subject = j.run_subject and not q.dry_run
        order by q.id desc
        limit 1
    ) as r on true;
$$;

comment on function pydb_internal.health_missed(timestamptz) is
'One row a job that leaves runs in pydb.job_run: when it was due last (as long ago as the setting schedule_grace at
least), when it began last, and whether it should have begun since.';

revoke all on function pydb_internal.health_missed(timestamptz) from public;
