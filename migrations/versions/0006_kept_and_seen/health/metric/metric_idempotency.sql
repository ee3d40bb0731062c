-- pydb_internal.metric_idempotency (metric; by metric_collect): keys by their state, and what their claims counted.
-- reads what pydb.idempotency_stats reads, a sequence   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_idempotency()
returns setof pydb_internal.metric_sample
language sql
stable
security definer -- the number of acquisitions is that of a sequence, which nobody else reads
set search_path = pg_catalog, pg_temp
as $$
    with stats as materialized (
        select s.*, extract(epoch from s.seen_at - s.oldest_expired_at) as age
        from pydb.idempotency_stats() as s
    )
    select u.name, u.labels::jsonb, u.value::float8
    from stats as s
    cross join lateral (
        values
        -- a claim that acquires draws a token, so nothing more is written for this
        ('lifecycle_idempotency_claims_total', '{"result": "acquired"}',
            coalesce(pg_sequence_last_value('pydb.idempotency_token'), 0)),
        ('lifecycle_idempotency_claims_total', '{"result": "taken_over"}', s.takeovers),
        ('lifecycle_idempotency_claims_total', '{"result": "mismatch"}', s.mismatches),
        ('lifecycle_idempotency_claims_total', '{"result": "superseded"}', s.superseded),
        ('lifecycle_idempotency_keys', '{"state": "pending"}', s.pending),
        ('lifecycle_idempotency_keys', '{"state": "stale"}', s.stale),
        ('lifecycle_idempotency_keys', '{"state": "held"}', s.held),
        ('lifecycle_idempotency_keys', '{"state": "completed"}', s.completed),
        ('lifecycle_idempotency_keys', '{"state": "failed"}', s.failed),
        ('lifecycle_idempotency_keys', '{"state": "failed_retryable"}', s.failed_retryable),
        ('lifecycle_idempotency_keys', '{"state": "expired"}', s.expired),
        ('lifecycle_idempotency_stuck_claims', '{}', s.held),
        ('lifecycle_idempotency_oldest_key_age_seconds', '{}', coalesce(s.age, 0))
    ) as u (name, labels, value);
$$;

comment on function pydb_internal.metric_idempotency() is 'Samples of the collector idempotency.';

revoke all on function pydb_internal.metric_idempotency() from public;
