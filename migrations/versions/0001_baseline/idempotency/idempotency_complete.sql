-- pydb.idempotency_complete: record the result of a claimed key, if the caller still holds it.
-- reads and writes pydb.idempotency_key   locks the key's row
-- raises YD203
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
    v_answer pydb.idempotency_answer;
    v_outcome pydb.idempotency_key;
begin
    update pydb.idempotency_key as k
    set state = 'completed', code = p_code, result = p_result, error = null, finished_at = clock_timestamp()
    where k.scope = p_scope and k.key = p_key and k.token = p_token and k.state = 'pending'
    returning
        'ok', null::bigint, k.attempt, k.code, k.result, null::jsonb, null::interval, k.owner, k.finished_at,
        null::timestamptz, null::timestamptz
    into v_answer;
    if found then
        return v_answer;
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
p_fenced: raise YD203 on anything but ok, so that the writes of the same transaction roll back: each takes place once.';

revoke all on function pydb.idempotency_complete(text, text, bigint, jsonb, integer, boolean) from public;
