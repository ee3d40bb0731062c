-- pydb_internal.metric_runs (metric; by metric_collect): totals of runs, which outlive the log, and what is at work.
-- reads pydb.metric_total, pydb.job_run, what metric_times reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_runs()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with live as materialized (
        -- what a run has done so far counts from its first batch on; when it ends, the totals have it
        select r.kind, pydb_internal.total_subject(r.kind, r.subject) as subject, r.rows_done, r.batches, r.started_at,
            pydb_internal.run_action(r) as action
        from pydb.job_run as r
        where r.state = 'running' and not r.dry_run
    ),

    total as materialized (
        select t.metric, t.subsystem, t.subject, t.label, sum(t.value) as value
        from (
            select a.metric, a.subsystem, a.subject, a.label, a.value from pydb.metric_total as a
            union all
            select 'rows', l.kind, l.subject, l.action, l.rows_done from live as l
            union all
            select 'batches', l.kind, '', '', l.batches from live as l
        ) as t
        group by t.metric, t.subsystem, t.subject, t.label
    )
    select 'lifecycle_runs_total', jsonb_build_object(
        'subsystem', t.subsystem, 'policy', t.subject, 'outcome', t.label
    ), t.value::float8
    from total as t where t.metric = 'runs'
    union all
    select 'lifecycle_rows_total', jsonb_build_object(
        'subsystem', t.subsystem, 'policy', t.subject, 'action', t.label
    ), t.value::float8
    from total as t where t.metric = 'rows'
    union all
    select 'lifecycle_batches_total', jsonb_build_object('subsystem', t.subsystem), t.value::float8
    from total as t where t.metric = 'batches'
    union all
    select 'lifecycle_batch_retries_total', jsonb_build_object(
        'subsystem', t.subsystem, 'sqlstate_class', t.label
    ), t.value::float8
    from total as t where t.metric = 'retries'
    union all
    select h.name, h.labels, h.value
    from pydb_internal.metric_histograms() as h
    union all
    select u.name, jsonb_build_object('subsystem', l.kind, 'policy', l.subject), u.value
    from (
        select l.kind, l.subject, count(*) as runs, min(l.started_at) as since from live as l group by l.kind, l.subject
    ) as l
    cross join lateral (
        values
        ('lifecycle_run_in_progress', l.runs::float8),
        ('lifecycle_run_age_seconds', extract(epoch from clock_timestamp() - l.since)::float8)
    ) as u (name, value)
    union all
    select m.name, m.labels, m.value from pydb_internal.metric_times() as m;
$$;

comment on function pydb_internal.metric_runs() is 'Samples of the collector runs.';

revoke all on function pydb_internal.metric_runs() from public;
