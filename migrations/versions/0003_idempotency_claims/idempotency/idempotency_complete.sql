-- pydb.idempotency_complete: record the result of a claimed key, if the caller still holds it.
-- reads and writes pydb.idempotency_key   locks the key's row
-- raises YD203
create or replace function pydb.idempotency_complete(
    p_scope text,
    p_key text,
    p_token bigint,
    p_result jsonb default null,
    p_code integer default null,
    p_fenced boolean default false,
    out outcome text,
    out attempt integer,
    out lease_until timestamptz,
    out code integer,
    out result jsonb,
    out error jsonb,
    out finished_at timestamptz
)
language plpgsql
security definer -- applications complete without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outcome pydb.idempotency_key;
begin
    update pydb.idempotency_key as k
    set state = 'completed', code = p_code, result = p_result, error = null, finished_at = clock_timestamp()
    where k.scope = p_scope and k.key = p_key and k.token = p_token and k.state = 'pending'
    returning k.attempt, k.finished_at into attempt, finished_at;
    if found then
        outcome := 'ok';
        code := p_code;
        result := p_result;
        return;
    end if;
    v_outcome.state := 'completed';
    v_outcome.code := p_code;
    v_outcome.result := p_result;
    select l.* into outcome, attempt, lease_until, code, result, error, finished_at
    from pydb._idempotency_late(p_scope, p_key, p_token, v_outcome) as l;
    if p_fenced then
        perform pydb._idempotency_fence(p_scope, p_key, p_token, outcome);
    end if;
end
$$;

comment on function pydb.idempotency_complete(text, text, bigint, jsonb, integer, boolean) is
'Records the result of a claim; who holds the token may come after the lease. outcome: ok, ok_again (this very result
was recorded before: an acknowledgement was lost), conflict (another outcome was; the first stands), superseded (attempt
and lease_until of who works on it now), superseded_done (adopt the recorded code, result or error), gone (no such key).
p_fenced: raise YD203 on anything but ok, so that the writes of the same transaction roll back: each takes place once.';

revoke all on function pydb.idempotency_complete(text, text, bigint, jsonb, integer, boolean) from public;
