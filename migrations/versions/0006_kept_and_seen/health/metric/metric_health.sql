-- pydb_internal.metric_health (metric; by metric_collect): what pydb.health says, and figures that only its checks
-- know.
-- reads what pydb.health reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_health()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with health as materialized (select h.* from pydb.health() as h)
    select 'lifecycle_health_status', jsonb_build_object('subsystem', h.component, 'status', u.status),
        (h.status = u.status)::integer::float8
    from health as h
    cross join unnest('{ok,degraded,error,unknown}'::text[]) as u (status)
    union all
    select 'lifecycle_health_check_duration_seconds', jsonb_build_object('check', h.component),
        (h.detail ->> 'check_ms')::float8 / 1000
    from health as h
    union all
    select 'lifecycle_schema_drift_objects', jsonb_build_object('kind', d.key), d.value::float8
    from health as h
    cross join lateral jsonb_each_text(h.detail -> 'drift') as d
    where h.component = 'migrations'
    union all
    select u.name, '{}', u.value
    from health as h
    cross join lateral (
        values
        ('lifecycle_audit_chain_valid', (h.detail ->> 'is_intact')::boolean::integer::float8),
        ('lifecycle_audit_missing_events', (h.detail ->> 'missing')::float8),
        ('lifecycle_audit_unsealed_events', (h.detail ->> 'unsealed')::float8),
        ('lifecycle_audit_events_total', (h.detail ->> 'events')::float8)
    ) as u (name, value)
    where h.component = 'audit';
$$;

comment on function pydb_internal.metric_health() is 'Samples of the collector health.';

revoke all on function pydb_internal.metric_health() from public;
