-- pydb.idempotency_complete: record the result of a claimed key, if the caller still holds it.
-- reads and writes pydb.idempotency_key, pydb_internal.idempotency_held   locks the key's row
-- raises YD201, YD203
create or replace function pydb.idempotency_complete(
    p_scope text,
    p_key text,
    p_token bigint,
    p_result jsonb default null,
    p_code integer default null,
    p_fenced boolean default false
)
returns pydb.idempotency_answer
language plpgsql
security definer -- applications complete without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_answer pydb.idempotency_answer;
    v_attempt integer;
    v_hold boolean;
    v_outcome pydb.idempotency_key;
    v_owner text;
begin
    -- three columns and a row made of them are cheaper than an update that returns the eleven of the answer
    update pydb.idempotency_key as k
    set state = 'completed', code = p_code, result = p_result, error = null, finished_at = v_now
    where k.scope = p_scope and k.key = p_key and k.token = p_token and k.state = 'pending'
        -- looked at where it may matter only: most outcomes are small
        and case when pg_column_size(p_result) > 8192 then pydb_internal.idempotency_check_size(p_result) else true end
    returning k.attempt, k.owner, k.hold into v_attempt, v_owner, v_hold;
    if found then
        if v_hold then
            delete from pydb_internal.idempotency_held as h where h.scope = p_scope and h.key = p_key;
        end if;
        return row('ok', null, v_attempt, p_code, p_result, null, null, v_owner, v_now, null, null)
            ::pydb.idempotency_answer;
    end if;
    v_outcome.state := 'completed';
    v_outcome.code := p_code;
    v_outcome.result := p_result;
    v_answer := pydb_internal.idempotency_late(p_scope, p_key, p_token, v_outcome);
    if p_fenced then
        perform pydb_internal.idempotency_fence(p_scope, p_key, p_token, v_answer.outcome);
    end if;
    return v_answer;
end
$$;

comment on function pydb.idempotency_complete(text, text, bigint, jsonb, integer, boolean) is
'Records the result of a claim; who holds the token may come after the lease. outcome: ok, ok_again (this very result
was recorded before: an acknowledgement was lost), conflict (another outcome was; the first stands), superseded (attempt
and lease_until of who works on it now), superseded_done (adopt the recorded code, result or error), gone (no such key).
YD201: the result has more bytes than
setting idempotency_max_bytes. p_fenced: raise YD203 on anything but ok, so that the writes of the same transaction roll
back: each takes place once.';

revoke all on function pydb.idempotency_complete(text, text, bigint, jsonb, integer, boolean) from public;
