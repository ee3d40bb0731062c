-- pydb.idempotency_claim: claim a key, or learn what became of it; a duplicate writes nothing.
-- reads and writes pydb.idempotency_key   locks the key's row where it changes hands; waits for a claim in flight
-- raises YD201, YD202
create or replace function pydb.idempotency_claim(
    p_scope text,
    p_key text,
    p_fingerprint bytea default null,
    p_lease interval default null,
    p_ttl interval default null,
    p_on_stale text default 'takeover',
    p_max_attempts integer default null,
    p_owner text default null,
    out outcome text,
    out token bigint,
    out attempt integer,
    out code integer,
    out result jsonb,
    out error jsonb,
    out retry_after interval,
    out owner text,
    out finished_at timestamptz
)
language plpgsql
security definer -- applications claim without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row pydb.idempotency_key;
    v_now timestamptz;
    v_token bigint;
begin
    -- only where an argument is unusual: the call costs half as much as the insert
    if (
        octet_length(p_scope) between 1 and 255 and octet_length(p_key) between 1 and 255
        and (p_lease is null or p_lease between '0' and '10 years') and p_ttl is null
        and p_on_stale in ('takeover', 'hold') and p_max_attempts is null
    ) is not true then
        perform pydb._idempotency_check(p_scope, p_key, p_lease, p_ttl, p_on_stale, p_max_attempts);
    end if;
    -- each turn is a look under a new snapshot; a key that changes between look and claim means another turn
    for v_turn in 1..100 loop
        select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
        v_now := clock_timestamp();
        -- the common case stands here: a call and a subtransaction would cost as much as the insert itself
        if v_row.token is null and current_setting('lock_timeout') = '0' then
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
            returning k.token into token;
            continue when token is null;
            if clock_timestamp() > v_now + '100 ms' then -- it waited for a rival, who rolled back
                perform pydb._idempotency_shift(p_scope, p_key, token, v_now);
            end if;
            outcome := 'acquired';
            attempt := 1;
            return;
        end if;
        outcome := pydb._idempotency_decide(v_row, p_fingerprint, v_now);
        if outcome in ('absent', 'fresh', 'retry', 'takeover', 'poisoned') then
            v_token := pydb._idempotency_acquire(
                v_row, outcome, p_scope, p_key, p_fingerprint, p_lease, p_ttl, p_on_stale = 'hold', p_max_attempts,
                p_owner
            );
            -- of a poisoned key the next look finds the failure that was just recorded
            continue when v_token is null or (outcome = 'poisoned' and v_token > 0);
            if v_token = 0 then -- lock_timeout, while another transaction was at it
                outcome := 'in_progress';
                retry_after := interval '0';
                return;
            end if;
            token := v_token;
            attempt := case when outcome in ('retry', 'takeover') then v_row.attempt + 1 else 1 end;
            error := case when outcome in ('retry', 'takeover') then v_row.error end;
            outcome := 'acquired';
            return;
        end if;
        if outcome = 'mismatch' then
            perform pydb._idempotency_count(p_event => 'mismatches');
            return;
        end if;
        attempt := v_row.attempt;
        owner := v_row.owner;
        code := v_row.code;
        result := v_row.result;
        error := v_row.error;
        finished_at := v_row.finished_at;
        retry_after := case outcome when 'in_progress' then coalesce(v_row.lease_until, v_row.expires_at) - v_now end;
        return;
    end loop;
    raise exception using errcode = 'YD202', message = format('key %L is claimed and released too fast', p_key),
        detail = 'A hundred looks at it each found another state.', hint = 'Try again.';
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
