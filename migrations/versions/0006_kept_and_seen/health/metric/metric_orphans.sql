-- pydb_internal.metric_orphans (metric; by metric_collect): what the last scans found, and what was met since.
-- reads pydb.orphan_finding, pydb.orphan_part, pg_constraint, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_orphans()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with finding as materialized (
        select
            f.reference, case
                when f.kind = 'logical' then 'logical' when e.is_valid is false then 'not_valid' else f.kind
            end as kind,
            case when f.looked_at is null then 'unscanned' else f.status end as status,
            greatest(f.orphans, p.orphans)::float8 as orphans, f.coverage::float8 as coverage,
            extract(epoch from f.scanned_at)::float8 as scanned_at,
            -- the worst have names: gauges may come and go
            row_number() over (order by greatest(f.orphans, p.orphans) desc nulls last, f.coverage, f.reference)
            <= s.value::bigint as is_named
        from pydb.orphan_finding as f
        inner join pydb.setting as s on s.name = 'metric_subjects'
        left join pydb_internal.metric_edges() as e on e.reference = f.reference and e.kind = f.kind
        left join pydb_internal.metric_parts() as p on p.reference = f.reference
    )
    select u.name, jsonb_build_object('edge', t.edge, 'kind', t.kind), u.value
    from (
        select case when f.is_named then f.reference else 'other' end as edge, f.kind, sum(f.orphans) as orphans,
            min(f.coverage) as coverage, min(f.scanned_at) as scanned_at
        from finding as f
        group by 1, 2
    ) as t
    cross join lateral (
        values
        ('lifecycle_orphan_rows', t.orphans),
        ('lifecycle_orphan_scan_coverage_ratio', t.coverage),
        ('lifecycle_orphan_scan_timestamp_seconds', t.scanned_at)
    ) as u (name, value)
    union all
    -- of what no scan has ever listed
    select 'lifecycle_orphan_rows', jsonb_build_object('edge', p.reference, 'kind', coalesce(
        (select case when e.is_valid then 'declared' else 'not_valid' end
        from pydb_internal.metric_edges() as e where e.reference = p.reference), 'logical'
    )), p.orphans::float8
    from pydb_internal.metric_parts() as p
    where not exists (select from finding as f where f.reference = p.reference)
    union all
    select 'lifecycle_orphan_references', jsonb_build_object('status', u.status), (
        select count(*) from pydb.orphan_list as l where l.status = u.status
    )
    from unnest('{complete,partial,skipped,error,unscanned}'::text[]) as u (status);
$$;

comment on function pydb_internal.metric_orphans() is 'Samples of the collector orphans.';

revoke all on function pydb_internal.metric_orphans() from public;
