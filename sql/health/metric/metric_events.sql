-- pydb_internal.metric_events (metric; by metric_collect): the stream of events, and degraded answers.
-- reads what pydb.event_status reads, pydb.degraded_count   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_events()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with stream as materialized (
        select s.*, clock_timestamp() as seen_at from pydb.event_status() as s
    )

    select u.name, '{}'::jsonb, u.value
    from stream as s
    cross join lateral (
        values
        ('lifecycle_events_published_total', s."position"::float8),
        ('lifecycle_events_waiting', s.waiting::float8),
        ('lifecycle_events_waiting_seconds', greatest(extract(epoch from s.seen_at - s.waiting_since), 0)::float8),
        -- of a transaction that the owner of pydb may not see it is not known
        ('lifecycle_events_held_seconds', case
            when s.held then extract(epoch from s.seen_at - s.held_since) else 0 end::float8)
    ) as u (name, value)
    union all
    select 'lifecycle_degraded_answers_total', jsonb_build_object('provider', d.provider, 'reason', d.reason_code),
        sum(d.calls)::float8
    from pydb.degraded_count as d
    group by d.provider, d.reason_code;
$$;

comment on function pydb_internal.metric_events() is 'Samples of the collector events.';

revoke all on function pydb_internal.metric_events() from public;
