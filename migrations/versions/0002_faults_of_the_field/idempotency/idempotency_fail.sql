-- pydb.idempotency_fail: record that the work on a claimed key failed, if the caller still holds it.
-- reads and writes pydb.idempotency_key, pydb_internal.idempotency_held   locks the key's row
-- raises YD201
create or replace function pydb.idempotency_fail(
    p_scope text,
    p_key text,
    p_token bigint,
    p_error jsonb default null,
    p_retryable boolean default true,
    p_code integer default null
)
returns pydb.idempotency_answer
language plpgsql
security definer -- applications fail without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_retryable constant boolean := coalesce(p_retryable, true);
    -- never SQL null: who adopts a recorded outcome tells a failure by its error
    v_error constant jsonb := coalesce(p_error, 'null');
    v_now constant timestamptz := clock_timestamp();
    v_attempt integer;
    v_hold boolean;
    v_outcome pydb.idempotency_key;
    v_owner text;
begin
    update pydb.idempotency_key as k
    set state = 'failed', code = p_code, error = v_error, retryable = v_retryable, finished_at = v_now
    where k.scope = p_scope and k.key = p_key and k.token = p_token and k.state = 'pending'
        -- looked at where it may matter only: most outcomes are small
        and case when pg_column_size(v_error) > 8192 then pydb_internal.idempotency_check_size(v_error) else true end
    returning k.attempt, k.owner, k.hold into v_attempt, v_owner, v_hold;
    if found then
        if v_hold then
            delete from pydb_internal.idempotency_held as h where h.scope = p_scope and h.key = p_key;
        end if;
        return row('ok', null, v_attempt, p_code, null, v_error, null, v_owner, v_now, null, null)
            ::pydb.idempotency_answer;
    end if;
    v_outcome.state := 'failed';
    v_outcome.code := p_code;
    v_outcome.error := v_error;
    v_outcome.retryable := v_retryable;
    return pydb_internal.idempotency_late(p_scope, p_key, p_token, v_outcome);
end
$$;

comment on function pydb.idempotency_fail(text, text, bigint, jsonb, boolean, integer) is
'Records the failure of a claim. p_retryable true: the next claim acquires the key and gets this error with it; false:
the failure is the answer (replay_failed) until the key expires. p_error null is recorded as JSON null, so that every
failure has an error; YD201: it has more bytes than setting idempotency_max_bytes. Outcomes as of
pydb.idempotency_complete.';

revoke all on function pydb.idempotency_fail(text, text, bigint, jsonb, boolean, integer) from public;
