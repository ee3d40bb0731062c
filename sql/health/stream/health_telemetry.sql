-- pydb_internal.health_telemetry (stream; by health): do applications keep to their baselines.
-- reads pydb.telemetry and its tables   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_telemetry(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_schemas bigint;
    v_figures jsonb;
    v_findings jsonb;
begin
    select
        count(distinct s.name),
        -- what cannot be read is said once
        jsonb_agg(f.finding) filter (where s.state = 'beyond' or s.state = 'unknown' and s.baseline = 'p95'),
        jsonb_object_agg(s.name || '.' || s.baseline, round(s.measured, 4)) filter (where s.measured is not null)
    into v_schemas, v_findings, v_figures
    from pydb.telemetry_status(p_now) as s
    cross join lateral (
        select jsonb_build_object(
            'status', case when s.state = 'unknown' then 'unknown' else 'degraded' end,
            'reason_code', case
                when s.state = 'unknown' then 'telemetry_unreadable'
                when s.baseline = 'error_share' then 'telemetry_errors'
                when s.baseline = 'p95' then 'telemetry_slow'
                when s.baseline = 'failed_share' then 'telemetry_jobs_failed'
                else 'telemetry_partitions'
            end,
            'summary', case
                when s.state = 'unknown' then format('telemetry of %s cannot be read', s.name)
                when s.baseline = 'error_share'
                    then format('%s: %s %% of answers are 5xx', s.name, round(s.measured * 100, 2))
                when s.baseline = 'p95' then format('%s: p95 of requests is %s ms', s.name, round(s.measured * 1000))
                when s.baseline = 'failed_share'
                    then format('%s: %s %% of jobs failed', s.name, round(s.measured * 100, 2))
                when s.measured is null then format('%s: its tables have no partitions', s.name)
                else format('%s: its partitions end in %s hours', s.name, round(s.measured / 3600))
            end,
            'detail', case
                when s.state = 'unknown' then s.problem
                when s.baseline in ('error_share', 'failed_share')
                    then format('%s of %s; at most %s %% are normal', s.baseline, s.weighed, round(s.bound * 100, 2))
                when s.baseline = 'p95' then format('of %s; up to %s ms is normal', s.weighed, round(s.bound * 1000))
                else 'rows without a partition go to the default partition, which no retention drops'
            end,
            'hint', case
                when s.state = 'unknown' then 'select * from pydb.telemetry_status();'
                when s.baseline = 'error_share' then format('select * from %I.recent_error limit 20;', s.name)
                when s.baseline = 'p95' then format('select * from %I.slowest_route limit 20;', s.name)
                when s.baseline = 'failed_share' then format('select * from %I.failed_job limit 20;', s.name)
                else format('call pydb.telemetry_run(%L);', s.name)
            end
        ) as finding
    ) as f;
    return pydb_internal.health_say(
        coalesce(v_figures, '{}') || jsonb_build_object('schemas', v_schemas), v_findings,
        case when v_schemas = 0 then 'no application keeps its telemetry here' else 'baselines are kept' end
    );
end
$$;

comment on function pydb_internal.health_telemetry(timestamptz) is
'Component telemetry: degraded where a baseline of an application is not kept or partitions end within a day, unknown
where its tables cannot be read.';

revoke all on function pydb_internal.health_telemetry(timestamptz) from public;
