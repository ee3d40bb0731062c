-- pydb.idempotency_list: the keys and what can be said of them now, without results and payload hashes.
-- reads pydb.idempotency_key   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.idempotency_list as
select
    k.scope,
    k.key,
    case
        when k.state = 'completed' then 'completed'
        when k.state = 'failed' and k.retryable then 'failed, retryable'
        when k.state = 'failed' then 'failed'
        when clock_timestamp() < coalesce(k.lease_until, k.expires_at) then 'in progress'
        when k.hold then 'held'
        else 'stale'
    end as status,
    k.expires_at <= clock_timestamp() as expired,
    k.owner,
    k.attempt,
    k.max_attempts,
    k.token,
    k.claimed_at,
    k.lease_until,
    k.finished_at,
    k.expires_at,
    k.code,
    k.fingerprint is not null as has_fingerprint,
    pg_column_size(k.result) as result_bytes,
    pg_column_size(k.error) as error_bytes,
    k.hold
from pydb.idempotency_key as k;

comment on view pydb.idempotency_list is
'One row a key. Give scope and key, or a bound on expires_at, where there are many: nothing else is indexed.';
comment on column pydb.idempotency_list.status is
'in progress, stale (its lease passed: the next claim takes over), held (its lease passed and only an operator ends it),
completed, failed (the failure is replayed) or failed, retryable (the next claim tries again).';
comment on column pydb.idempotency_list.expired is 'Its life is over: the next claim begins a new one.';
comment on column pydb.idempotency_list.scope is 'Name space.';
comment on column pydb.idempotency_list.key is 'The key.';
comment on column pydb.idempotency_list.owner is 'Who claimed it.';
comment on column pydb.idempotency_list.attempt is 'Acquisitions in this life of the key.';
comment on column pydb.idempotency_list.max_attempts is 'Bound of those; null = none.';
comment on column pydb.idempotency_list.token is 'Fencing token of the last acquisition.';
comment on column pydb.idempotency_list.claimed_at is 'Last acquisition.';
comment on column pydb.idempotency_list.lease_until is 'End of the lease; null = expires_at.';
comment on column pydb.idempotency_list.finished_at is 'When it was completed or failed.';
comment on column pydb.idempotency_list.expires_at is 'End of the key''s life.';
comment on column pydb.idempotency_list.code is 'Code of the outcome.';
comment on column pydb.idempotency_list.has_fingerprint is 'Whether payloads are compared.';
comment on column pydb.idempotency_list.result_bytes is 'Stored size of the result.';
comment on column pydb.idempotency_list.error_bytes is 'Stored size of the error.';

comment on column pydb.idempotency_list.hold is
'A passed lease means that the effect may have happened; pydb_internal.idempotency_held has the pending ones.';

revoke all on pydb.idempotency_list from public;
