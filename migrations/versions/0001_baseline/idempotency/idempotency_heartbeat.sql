-- pydb.idempotency_heartbeat: keep a claimed key for another lease, if the caller still holds it.
-- reads and writes pydb.idempotency_key   locks the key's row
-- raises YD201
create or replace function pydb.idempotency_heartbeat(
    p_scope text,
    p_key text,
    p_token bigint,
    p_lease interval,
    out outcome text,
    out lease_until timestamptz
)
language plpgsql
security definer -- applications renew without a right on the table
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_lease is null then
        raise exception using errcode = 'YD201', message = 'a heartbeat needs a lease',
            detail = 'The lease is null.',
            hint = format('select * from pydb.idempotency_heartbeat(%L, %L, %s, ''1 min'');', p_scope, p_key, p_token);
    end if;
    perform pydb_internal.idempotency_check(p_scope, p_key, p_lease, null, 'takeover', null);
    -- a key without a lease keeps none: it is locked until it expires
    update pydb.idempotency_key as k
    set lease_until = case
        when k.lease_until is not null then greatest(k.lease_until, clock_timestamp() + p_lease)
    end
    where k.scope = p_scope and k.key = p_key and k.token = p_token and k.state = 'pending'
    returning coalesce(k.lease_until, k.expires_at) into lease_until;
    outcome := case when found then 'ok' else 'lost' end;
    if outcome = 'lost' then -- superseded, finished or gone; the first is counted
        perform pydb_internal.idempotency_late(p_scope, p_key, p_token, null);
    end if;
end
$$;

comment on function pydb.idempotency_heartbeat(text, text, bigint, interval) is
'Renews the lease, from now by the server''s clock, and never shortens it. outcome: ok and the new lease_until, or lost:
somebody else has the key, it is finished or gone, so stop working. It does not move expires_at.';

revoke all on function pydb.idempotency_heartbeat(text, text, bigint, interval) from public;
