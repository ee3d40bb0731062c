-- pydb_internal.metric_times (metric; by metric_runs): when subjects began last, when they ended well, and how often
-- they are to run.
-- reads pydb.retention_policy, pydb.schedule_source, pydb.metric_total, pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_times()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with subject as materialized (
        select 'retention' as kind, p.name as run_subject, case when n.is_named then p.name else 'other' end as label,
            p.schedule, p.created_at as since
        from pydb.retention_policy as p
        inner join pydb_internal.metric_policies() as n on n.name = p.name
        -- nobody misses a built-in one whose table is empty
        where p.enabled and not (p.builtin and pg_relation_size(p.target) = 0)
        union all
        select s.kind, s.run_subject, s.run_subject, s.schedule, s.since
        from pydb_internal.schedule_sources() as s
        where s.run_subject is not null and s.schedule is not null
    ),

    gap as materialized (
        select s.schedule, pydb_internal.metric_interval(s.schedule) as seconds
        from (select distinct a.schedule from subject as a where a.schedule is not null) as s
    ),

    success as materialized (
        select t.subsystem, t.subject, max(t.at) as at from pydb.metric_total as t
        where t.metric = 'runs' and t.label = 'success'
        group by t.subsystem, t.subject
    ),

    told as materialized (
        select
            s.kind, s.label, r.started_at,
            -- the totals of those without a name of their own are in one: the log tells
            coalesce(case when s.label <> 'other' then u.at end, l.finished_at, s.since) as at, g.seconds
        from subject as s
        left join gap as g on g.schedule = s.schedule
        left join success as u on u.subsystem = s.kind and u.subject = s.label
        left join lateral (
            select j.started_at from pydb.job_run as j
            where j.kind = s.kind and j.subject = s.run_subject and not j.dry_run
            order by j.id desc
            limit 1
        ) as r on true
        left join lateral (
            select j.finished_at from (
                select k.state, k.finished_at, k.id from pydb.job_run as k
                where k.kind = s.kind and k.subject = s.run_subject and not k.dry_run
                order by k.id desc
                limit 10
            ) as j
            where j.state = 'completed' and s.label = 'other'
            order by j.id desc
            limit 1
        ) as l on true
    )
    select u.name, jsonb_build_object('subsystem', t.kind, 'policy', t.label), extract(epoch from u.value)::float8
    from (
        -- "other" tells of the one that is the most overdue
        select distinct on (t.kind, t.label) t.* from told as t
        order by t.kind, t.label, extract(epoch from clock_timestamp() - t.at) / t.seconds desc nulls last
    ) as t
    cross join lateral (
        values
        ('lifecycle_run_last_start_timestamp_seconds', t.started_at - 'epoch'::timestamptz),
        ('lifecycle_run_last_success_timestamp_seconds', t.at - 'epoch'::timestamptz),
        ('lifecycle_run_interval_seconds', make_interval(secs => t.seconds))
    ) as u (name, value);
$$;

comment on function pydb_internal.metric_times() is
'Last start, last success and interval of enabled policies, and of what is scheduled as a whole.';

revoke all on function pydb_internal.metric_times() from public;
