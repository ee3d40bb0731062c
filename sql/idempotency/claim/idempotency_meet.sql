-- pydb_internal.idempotency_meet (claim; by idempotency_claim): a claim that meets a key, whatever its state.
-- reads and writes pydb.idempotency_key   locks the key's row where it changes hands; waits for a claim in flight
-- raises YD201, YD202
create or replace function pydb_internal.idempotency_meet(
    p_seen pydb.idempotency_key,
    p_scope text,
    p_key text,
    p_fingerprint bytea,
    p_lease interval,
    p_ttl interval,
    p_on_stale text,
    p_max_attempts integer,
    p_owner text
)
returns pydb.idempotency_answer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_outcome text;
    v_row pydb.idempotency_key;
    v_seen pydb.idempotency_key := p_seen;
begin
    perform pydb_internal.idempotency_check(
        p_scope, p_key, p_lease, p_ttl, p_on_stale, p_max_attempts, p_fingerprint, p_owner
    );
    -- each turn is a look under a new snapshot; a key that changes between look and claim means another turn
    for v_turn in 1..100 loop
        if v_turn > 1 or v_seen.token is null then
            select k.* into v_seen from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
        end if;
        v_now := clock_timestamp();
        v_outcome := pydb_internal.idempotency_decide(v_seen, p_fingerprint, v_now);
        if v_outcome in ('absent', 'fresh', 'retry', 'takeover', 'poisoned') then
            v_row := pydb_internal.idempotency_acquire(
                v_seen, v_outcome, p_scope, p_key, p_fingerprint, p_lease, p_ttl, p_on_stale = 'hold',
                p_max_attempts, p_owner
            );
            if v_row.token = 0 then -- lock_timeout, while another transaction was at it
                return row('in_progress', null, null, null, null, null, '0'::interval, null, null, null, null)
                    ::pydb.idempotency_answer;
            end if;
            -- of a poisoned key the next look finds the failure that was just recorded
            continue when v_row.token is null or v_outcome = 'poisoned';
            return pydb_internal.idempotency_answer_row('acquired', v_row, v_now);
        end if;
        if v_outcome = 'mismatch' then
            perform pydb_internal.idempotency_count(p_event => 'mismatches');
            v_seen := pydb_internal.idempotency_mismatch(v_seen.fingerprint, p_fingerprint);
        end if;
        return pydb_internal.idempotency_answer_row(v_outcome, v_seen, v_now);
    end loop;
    raise exception using errcode = 'YD202', message = format('key %L is claimed and released too fast', p_key),
        detail = 'A hundred looks at it each found another state.', hint = 'Try again.';
end
$$;

comment on function pydb_internal.idempotency_meet(
    pydb.idempotency_key, text, text, bytea, interval, interval, text, integer, text
) is
'The answer of pydb.idempotency_claim to a key that is there (p_seen, else null), that another transaction is just
entering, or that is claimed with hold.';

revoke all on function pydb_internal.idempotency_meet(
    pydb.idempotency_key, text, text, bytea, interval, interval, text, integer, text
) from public;
