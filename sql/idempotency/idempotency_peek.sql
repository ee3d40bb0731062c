-- pydb.idempotency_peek: what a claim would answer now; never writes, so waiters and standbys may ask.
-- reads pydb.idempotency_key   writes nothing   locks nothing
-- raises YD201
create or replace function pydb.idempotency_peek(
    p_scope text,
    p_key text,
    p_fingerprint bytea default null
)
returns pydb.idempotency_answer
language plpgsql
stable
security definer -- applications look without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_outcome text;
    v_row pydb.idempotency_key;
begin
    perform pydb_internal.idempotency_check(p_scope, p_key, null, null, 'takeover', null);
    select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
    v_now := clock_timestamp();
    v_outcome := pydb_internal.idempotency_decide(v_row, p_fingerprint, v_now);
    if v_outcome = 'mismatch' then
        v_row := pydb_internal.idempotency_mismatch(v_row.fingerprint, p_fingerprint);
    elsif v_outcome = 'fresh' then
        v_row := null;
    end if;
    return pydb_internal.idempotency_answer_row(v_outcome, v_row, v_now);
end
$$;

comment on function pydb.idempotency_peek(text, text, bytea) is
'What a claim of this key would meet: replay, replay_failed, in_progress, mismatch, ambiguous as of
pydb.idempotency_claim, poisoned (no attempt is left), and where a claim would acquire it: absent, fresh (expired),
retry (failed retryably), takeover (its lease passed). Ask again in a new statement; in REPEATABLE READ it
never changes.';

revoke all on function pydb.idempotency_peek(text, text, bytea) from public;
