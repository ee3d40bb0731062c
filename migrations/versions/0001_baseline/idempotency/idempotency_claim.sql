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
    v_answer pydb.idempotency_answer;
    v_now timestamptz;
begin
    -- In this routine stands what most claims need, a new key or a replay, at the cost of one look and one insert: the
    -- usual arguments of idempotency_check, the insert of idempotency_acquire, the replay of idempotency_decide.
    if (
        octet_length(p_scope) between 1 and 255 and octet_length(p_key) between 1 and 255
        and (p_lease is null or p_lease between '0' and '10 years') and p_ttl is null
        and p_on_stale in ('takeover', 'hold') and p_max_attempts is null
    ) is not true then
        perform pydb_internal.idempotency_check(p_scope, p_key, p_lease, p_ttl, p_on_stale, p_max_attempts);
    end if;
    select
        case when k.state = 'completed' and k.expires_at > clock_timestamp()
            and (k.fingerprint = p_fingerprint) is not false then 'replay' end,
        null::bigint, k.attempt, k.code, k.result, null::jsonb, null::interval, k.owner, k.finished_at,
        null::timestamptz, null::timestamptz
    into v_answer
    from pydb.idempotency_key as k
    where k.scope = p_scope and k.key = p_key;
    if v_answer.outcome = 'replay' then
        return v_answer;
    end if;
    if v_answer.attempt is null and current_setting('lock_timeout') = '0' then
        v_now := clock_timestamp();
        insert into pydb.idempotency_key as k (
            token, claimed_at, lease_until, expires_at, max_attempts, hold, scope, key, fingerprint, owner
        )
        values (
            default, v_now, v_now + p_lease,
            v_now + coalesce(p_ttl, (
                select s.value::interval from pydb.setting as s where s.name = 'idempotency_ttl'
            )), p_max_attempts, p_on_stale = 'hold', p_scope, p_key, p_fingerprint, p_owner
        )
        on conflict (scope, key) do nothing
        returning
            -- later: it waited for a rival, who rolled back
            case when clock_timestamp() > k.claimed_at + '100 ms' then 'late' else 'acquired' end,
            k.token, k.attempt, null::integer, null::jsonb, null::jsonb, null::interval, k.owner, null::timestamptz,
            k.claimed_at, k.lease_until
        into v_answer;
        if v_answer.outcome = 'acquired' then
            return v_answer;
        elsif v_answer.outcome = 'late' then
            return pydb_internal.idempotency_answer_row(
                'acquired', pydb_internal.idempotency_shift(p_scope, p_key, v_answer.token, v_now), null
            );
        end if;
    end if;
    return pydb_internal.idempotency_meet(
        p_scope, p_key, p_fingerprint, p_lease, p_ttl, p_on_stale = 'hold', p_max_attempts, p_owner
    );
end
$$;

comment on function pydb.idempotency_claim(text, text, bytea, interval, interval, text, integer, text) is
'Claims a key for one effect. outcome: acquired (do the work; token is the fencing token, attempt counts, error is that
of the attempt before), in_progress (retry_after until its lease ends), replay and replay_failed (code, result, error as
recorded), mismatch (another payload, in whatever state), ambiguous (on_stale = hold and the lease passed: the effect
may have happened; pydb.idempotency_resolve). p_lease: null = until the key expires. p_ttl: life of the key from its
first claim; null = setting idempotency_ttl. In a transaction the key is the caller''s when it commits; rivals wait for
that, at most lock_timeout. Answers other than acquired write nothing.';

revoke all on function pydb.idempotency_claim(text, text, bytea, interval, interval, text, integer, text) from public;
