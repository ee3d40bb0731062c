-- pydb_internal.idempotency_shift (claim): let the lease and the life of a key begin now, if its claim waited for a
-- rival.
-- reads and writes pydb.idempotency_key   locks nothing that the claim has not locked
-- raises nothing
create or replace function pydb_internal.idempotency_shift(
    p_scope text,
    p_key text,
    p_token bigint,
    p_since timestamptz
)
returns pydb.idempotency_key
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_row pydb.idempotency_key;
begin
    if v_now < p_since + '100 ms' then
        select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
        return v_row;
    end if;
    update pydb.idempotency_key as k
    set claimed_at = v_now, lease_until = k.lease_until + (v_now - p_since),
        expires_at = case k.attempt when 1 then k.expires_at + (v_now - p_since) else k.expires_at end
    where k.scope = p_scope and k.key = p_key and k.token = p_token
    returning k.* into v_row;
    return v_row;
end
$$;

comment on function pydb_internal.idempotency_shift(text, text, bigint, timestamptz) is
'Moves the times of an acquisition that were computed at p_since, where that is a while ago: else a long wait for a
rival, who rolled back, would end with a lease that has passed. Returns the key as it is now.';

revoke all on function pydb_internal.idempotency_shift(text, text, bigint, timestamptz) from public;
