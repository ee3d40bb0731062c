-- pydb_internal.metric_scheduler (metric; by metric_collect): scheduled jobs, whoever fires them.
-- reads what health_jobs and schedule_failures read, pydb.metric_total   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_scheduler()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with cron as materialized (select pydb_internal.health_cron() as document),
    fired as materialized (
        select
            d.job_name, max(d.end_time) as ended_at,
            max(d.start_time) filter (where d.end_time is null and d.status = 'running' and exists (
                select from pg_stat_activity as a where a.pid = d.job_pid
            )) as since
        from cron as h
        cross join lateral pydb_internal.schedule_fired(h.document) as d
        group by d.job_name
        union all
        select c.job, max(c.finished_at), max(c.claimed_at) filter (
            where c.finished_at is null and pydb_internal.schedule_backend_alive(c.pid, c.backend_start)
        )
        from pydb.schedule_claim as c
        where c.due_at > statement_timestamp() - interval '8 days'
        group by c.job
    ),

    job as materialized (
        select
            j.job_name, j.wanted, j.is_active, j.code, j.schedule, f.ended_at, f.since,
            row_number() over (order by j.is_active, j.job_name) <= s.value::bigint as is_named
        from cron as h
        cross join lateral pydb_internal.health_jobs(h.document) as j
        inner join pydb.setting as s on s.name = 'metric_subjects'
        left join (
            select o.job_name, max(o.ended_at) as ended_at, max(o.since) as since from fired as o group by o.job_name
        ) as f on f.job_name = j.job_name
        where j.wanted and not pg_is_in_recovery()
    )
    select u.name, jsonb_build_object('cron_job', j.job_name), u.value
    from job as j
    left join (
        select i.schedule, pydb_internal.metric_interval(i.schedule) as seconds
        from (select distinct o.schedule from job as o where o.is_named) as i
    ) as g on g.schedule = j.schedule
    cross join lateral (
        values
        ('lifecycle_scheduler_job_expected', case when j.is_active is not null then 1 end::float8),
        ('lifecycle_scheduler_job_active', j.is_active::integer::float8),
        ('lifecycle_scheduler_job_interval_seconds', g.seconds),
        ('lifecycle_scheduler_job_last_end_timestamp_seconds', extract(epoch from j.ended_at)::float8),
        ('lifecycle_scheduler_job_running_seconds', extract(epoch from clock_timestamp() - j.since)::float8)
    ) as u (name, value)
    where j.is_named
    union all
    select 'lifecycle_scheduler_job_failures_total', jsonb_build_object('cron_job', t.job_name, 'reason', t.reason),
        sum(t.failures)::float8
    from (
        select t.subject as job_name, t.label as reason, t.value as failures from pydb.metric_total as t
        where t.subsystem = 'schedule' and t.metric = 'job_failures'
        union all
        select f.job_name, f.reason, f.failures
        from jsonb_to_recordset(pydb_internal.schedule_failures()) as f (job_name text, reason text, failures numeric)
    ) as t
    group by t.job_name, t.reason
    union all
    select 'lifecycle_scheduler_run_details_rows', '{}', nullif(c.reltuples, -1)::float8
    from pg_class as c
    where c.oid = pydb_internal.extension_relation('pg_cron', 'cron', 'job_run_details');
$$;

comment on function pydb_internal.metric_scheduler() is
'Samples of the collector scheduler; where there are more jobs than the setting metric_subjects says, those that are not
active come first.';

revoke all on function pydb_internal.metric_scheduler() from public;
