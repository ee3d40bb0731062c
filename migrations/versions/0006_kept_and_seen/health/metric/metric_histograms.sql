-- pydb_internal.metric_histograms (metric; by metric_runs): how long runs and batches took.
-- reads pydb.metric_total   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_histograms()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with bound as (
        select 'run' as what, u.le, u.place
        from unnest('{0.1,0.3,1,3,10,30,60,300,600,1800,3600,+Inf}'::text[]) with ordinality as u (le, place)
        union all
        select 'batch', u.le, u.place
        from unnest('{0.01,0.03,0.1,0.3,1,3,10,30,60,+Inf}'::text[]) with ordinality as u (le, place)
    ),

    total as materialized (
        select split_part(t.metric, '_', 1) as what, t.metric, t.subsystem, t.label, sum(t.value) as value
        from pydb.metric_total as t
        where t.metric in ('run_bucket', 'batch_bucket', 'run_seconds', 'batch_seconds')
        group by t.metric, t.subsystem, t.label
    ),

    bucket as materialized (
        select s.what, s.subsystem, b.le, sum(coalesce(t.value, 0)) over (
            partition by s.what, s.subsystem order by b.place
        ) as value
        from (select distinct t.what, t.subsystem from total as t where t.metric like '%_bucket') as s
        inner join bound as b on b.what = s.what
        left join total as t
            on t.metric = s.what || '_bucket' and t.subsystem = s.subsystem and t.label = b.le
    )
    select format('lifecycle_%s_duration_seconds_bucket', b.what), jsonb_build_object(
        'subsystem', b.subsystem, 'le', b.le
    ), b.value::float8
    from bucket as b
    union all
    select format('lifecycle_%s_duration_seconds_count', b.what), jsonb_build_object('subsystem', b.subsystem),
        b.value::float8
    from bucket as b where b.le = '+Inf'
    union all
    select format('lifecycle_%s_duration_seconds_sum', b.what), jsonb_build_object('subsystem', b.subsystem),
        coalesce(t.value, 0)::float8
    from bucket as b
    left join total as t on t.metric = b.what || '_seconds' and t.subsystem = b.subsystem
    where b.le = '+Inf';
$$;

comment on function pydb_internal.metric_histograms() is
'Samples of the histograms of runs and of batches: buckets, sum and count.';

revoke all on function pydb_internal.metric_histograms() from public;
