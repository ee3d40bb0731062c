-- pydb.idempotency_claim: claim a key, or learn what became of it; a duplicate writes nothing.
-- reads and writes pydb.idempotency_key   locks the key's row where it changes hands; waits for a claim in flight
-- raises YD201
create or replace function pydb.idempotency_claim(
    p_scope text,
    p_key text,
    p_fingerprint bytea default null,
    p_lease interval default null,
    p_ttl interval default null,
    p_on_stale text default 'takeover',
    p_max_attempts integer default null,
    p_owner text default null
)
returns pydb.idempotency_answer
language plpgsql
security definer -- applications claim without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_row pydb.idempotency_key;
    v_token bigint;
begin
    -- In this routine stands what most claims need, a new key or a replay, in as few statements and operators as can
    -- be: in a transaction of its own a claim prepares each of them anew. So these rules of the private routines stand
    -- here a second time: the usual arguments of idempotency_check, the insert of idempotency_acquire, the live
    -- replay of idempotency_decide. Whatever is unusual, idempotency_meet does.
    v_row := k from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
    if v_row.token is null then
        if (
            p_on_stale in ('takeover', 'hold') and octet_length(p_scope) <@ int4range '[1,255]'
            and octet_length(p_key) <@ int4range '[1,255]'
            and (p_lease is null or p_lease between '0' and '10 years') and p_ttl is null and p_max_attempts is null
            and octet_length(p_fingerprint) <= 1024 is not false and octet_length(p_owner) <= 1024 is not false
        ) is not true then
            perform pydb_internal.idempotency_check(
                p_scope, p_key, p_lease, p_ttl, p_on_stale, p_max_attempts, p_fingerprint, p_owner
            );
        end if;
        if current_setting('lock_timeout') = '0' then
            v_now := clock_timestamp();
            v_token := nextval('pydb.idempotency_token') << 20 | (random() * 1048575)::bigint;
            insert into pydb.idempotency_key (
                token, claimed_at, lease_until, expires_at, max_attempts, hold, scope, key, fingerprint, owner
            )
            select
                v_token, v_now, v_now + p_lease, v_now + coalesce(p_ttl, l.life),
                p_max_attempts, p_on_stale = 'hold', p_scope, p_key, p_fingerprint, p_owner
            from pydb_internal.idempotency_life as l
            on conflict (scope, key) do nothing;
            if found and p_on_stale = 'takeover' and clock_timestamp() < v_now + '100 ms' then
                return row('acquired', v_token, 1, null, null, null, null, p_owner, null, v_now, v_now + p_lease)
                    ::pydb.idempotency_answer;
            elsif found then
                if p_on_stale = 'hold' then
                    insert into pydb_internal.idempotency_held (scope, key) values (p_scope, p_key)
                    on conflict (scope, key) do nothing;
                end if;
                return pydb_internal.idempotency_answer_row(
                    'acquired', pydb_internal.idempotency_shift(p_scope, p_key, v_token, v_now), null
                );
            end if;
        end if;
    elsif v_row.state = 'completed' and v_row.expires_at > clock_timestamp()
        and (v_row.fingerprint = p_fingerprint) is not false
    then
        if (
            p_on_stale in ('takeover', 'hold') and p_ttl is null and p_max_attempts is null
            and (p_lease is null or p_lease between '0' and '10 years')
        ) is not true then
            perform pydb_internal.idempotency_check(p_scope, p_key, p_lease, p_ttl, p_on_stale, p_max_attempts);
        end if;
        return row('replay', null, v_row.attempt, v_row.code, v_row.result, null, null, v_row.owner, v_row.finished_at,
            null, null)::pydb.idempotency_answer;
    end if;
    return pydb_internal.idempotency_meet(
        v_row, p_scope, p_key, p_fingerprint, p_lease, p_ttl, p_on_stale, p_max_attempts, p_owner
    );
end
$$;

comment on function pydb.idempotency_claim(text, text, bytea, interval, interval, text, integer, text) is
'Claims a key for one effect. outcome: acquired (do the work; token is the fencing token, attempt counts, error is that
of the attempt before), in_progress (retry_after until its lease ends), replay and replay_failed (code, result, error as
recorded), mismatch (another payload, in whatever state; error = {"same_payload": true} where two fingerprints of 64
bytes have the same first half, the payload''s, and another second, that of who sends it), ambiguous (on_stale = hold
and the lease passed: the effect may have happened; pydb.idempotency_resolve). p_lease: null = until the key expires:
outside of a transaction give one, or a worker that dies blocks the key for its whole life. p_ttl: life of the key from
its first claim; null = setting idempotency_ttl. In a transaction the key is the caller''s when it commits; rivals wait
for that, at most lock_timeout. Answers other than acquired write nothing.';

revoke all on function pydb.idempotency_claim(text, text, bytea, interval, interval, text, integer, text) from public;
