-- pydb.idempotency_peek: what a claim would answer now; never writes, so waiters and standbys may ask.
-- reads pydb.idempotency_key   writes nothing   locks nothing
-- raises YD201
create or replace function pydb.idempotency_peek(
    p_scope text,
    p_key text,
    p_fingerprint bytea default null,
    out outcome text,
    out attempt integer,
    out code integer,
    out result jsonb,
    out error jsonb,
    out retry_after interval,
    out owner text,
    out finished_at timestamptz
)
language plpgsql
stable
security definer -- applications look without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row pydb.idempotency_key;
    v_now timestamptz;
begin
    perform pydb._idempotency_check(p_scope, p_key, null, null, 'takeover', null);
    select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
    v_now := clock_timestamp();
    outcome := pydb._idempotency_decide(v_row, p_fingerprint, v_now);
    if outcome in ('fresh', 'mismatch') then
        return;
    end if;
    attempt := v_row.attempt;
    owner := v_row.owner;
    code := v_row.code;
    result := v_row.result;
    error := v_row.error;
    finished_at := v_row.finished_at;
    retry_after := case outcome when 'in_progress' then coalesce(v_row.lease_until, v_row.expires_at) - v_now end;
end
$$;

comment on function pydb.idempotency_peek(text, text, bytea) is
'What a claim of this key would meet: replay, replay_failed, in_progress, mismatch, ambiguous as of
pydb.idempotency_claim, poisoned (no attempt is left), and where a claim would acquire it: absent, fresh (expired),
retry (failed retryably), takeover (its lease passed). Ask again in a new statement; in REPEATABLE READ it
never changes.';

revoke all on function pydb.idempotency_peek(text, text, bytea) from public;
