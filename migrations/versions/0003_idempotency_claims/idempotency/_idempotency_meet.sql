-- pydb._idempotency_meet: a claim that meets a key, whatever its state.
-- reads and writes pydb.idempotency_key   locks the key's row where it changes hands; waits for a claim in flight
-- raises YD202
create or replace function pydb._idempotency_meet(
    p_scope text,
    p_key text,
    p_fingerprint bytea,
    p_lease interval,
    p_ttl interval,
    p_hold boolean,
    p_max_attempts integer,
    p_owner text,
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
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row pydb.idempotency_key;
    v_now timestamptz;
    v_token bigint;
begin
    -- each turn is a look under a new snapshot; a key that changes between look and claim means another turn
    for v_turn in 1..100 loop
        select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
        v_now := clock_timestamp();
        outcome := pydb._idempotency_decide(v_row, p_fingerprint, v_now);
        if outcome in ('absent', 'fresh', 'retry', 'takeover', 'poisoned') then
            v_token := pydb._idempotency_acquire(
                v_row, outcome, p_scope, p_key, p_fingerprint, p_lease, p_ttl, p_hold, p_max_attempts, p_owner
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

comment on function pydb._idempotency_meet(text, text, bytea, interval, interval, boolean, integer, text) is
'The answer of pydb.idempotency_claim to a key that is there, or that another transaction is just entering.';

revoke all on function pydb._idempotency_meet(text, text, bytea, interval, interval, boolean, integer, text)
from public;
