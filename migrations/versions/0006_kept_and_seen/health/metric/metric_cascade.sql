-- pydb_internal.metric_cascade (metric; by metric_collect): cascades and erasures.
-- reads pydb.metric_total, pydb.cascade_job, pydb.erasure_status, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_cascade()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select u.name, '{}'::jsonb, coalesce(sum(t.value), 0)::float8
    from (
        values
        ('lifecycle_cascade_planned_rows_total', 'cascade_planned'),
        ('lifecycle_cascade_deleted_rows_total', 'cascade_deleted'),
        ('lifecycle_cascade_plan_mismatch_total', 'cascade_mismatch')
    ) as u (name, metric)
    left join pydb.metric_total as t on t.subsystem = 'cascade' and t.subject = '' and t.metric = u.metric
    group by u.name
    union all
    select 'lifecycle_cascade_unindexed_fks', '{}', count(*)
    from pydb_internal.reference_edges() as e
    where not e.is_indexed
    union all
    select 'lifecycle_cascade_jobs', jsonb_build_object('state', u.state), (
        select count(*) from pydb.cascade_job as j
        where j.state = u.state and j.state in ('requested', 'approved', 'started')
    )
    from unnest('{requested,approved,started}'::text[]) as u (state)
    union all
    select 'lifecycle_erasures', jsonb_build_object('state', u.state), u.erasures
    from (
        select count(*) as open, count(*) filter (where e.overdue) as overdue,
            count(*) filter (where not e.overdue and e.days_left * 86400 < extract(
                epoch from pydb_internal.setting_get(p_name => 'erasure_warning')::interval
            )) as due_soon
        from pydb.erasure_status as e
        where e.days_left is not null and e.imported_at is null
    ) as e
    cross join lateral (
        values ('open', e.open), ('due_soon', e.due_soon), ('overdue', e.overdue)
    ) as u (state, erasures);
$$;

comment on function pydb_internal.metric_cascade() is 'Samples of the collector cascade.';

revoke all on function pydb_internal.metric_cascade() from public;
