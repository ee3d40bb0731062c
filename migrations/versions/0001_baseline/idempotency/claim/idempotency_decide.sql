-- pydb_internal.idempotency_decide (claim): what a claim means for the key it found, in order; a claim knows the live
-- replay itself.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.idempotency_decide(
    p_row pydb.idempotency_key,
    p_fingerprint bytea,
    p_clock timestamptz
)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_pending constant boolean := p_row.state = 'pending';
    v_live constant boolean := p_clock < coalesce(p_row.lease_until, p_row.expires_at);
begin
    return case
        when p_row.token is null then 'absent'
        when p_row.expires_at <= p_clock and not (v_pending and (v_live or p_row.hold)) then 'fresh'
        when p_row.fingerprint <> p_fingerprint then 'mismatch'
        when p_row.state = 'completed' then 'replay'
        when not v_pending and not p_row.retryable then 'replay_failed'
        when v_pending and v_live then 'in_progress'
        when v_pending and p_row.hold then 'ambiguous'
        when p_row.attempt >= p_row.max_attempts then 'poisoned'
        when v_pending then 'takeover'
        else 'retry'
    end;
end
$$;

comment on function pydb_internal.idempotency_decide(pydb.idempotency_key, bytea, timestamptz) is
'What a claim meets: absent, fresh (expired), mismatch, replay, replay_failed, in_progress, ambiguous, and what lets it
acquire the key: takeover (its lease passed) and retry (it failed retryably); poisoned where no attempt is left.';

revoke all on function pydb_internal.idempotency_decide(pydb.idempotency_key, bytea, timestamptz) from public;
