-- pydb_internal.idempotency_check (claim): say what is wrong with the arguments of a call; nothing is written before.
-- reads nothing   writes nothing   locks nothing
-- raises YD201
create or replace function pydb_internal.idempotency_check(
    p_scope text,
    p_key text,
    p_lease interval,
    p_ttl interval,
    p_on_stale text,
    p_max_attempts integer,
    p_fingerprint bytea default null,
    p_owner text default null
)
returns boolean
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_what text;
begin
    v_what := case
        when p_scope is null then 'the scope is null'
        when p_scope = '' then 'the scope is empty'
        when octet_length(p_scope) > 255 then format('the scope has %s bytes', octet_length(p_scope))
        when p_key is null then 'the key is null'
        when p_key = '' then 'the key is empty'
        when octet_length(p_key) > 255 then format('the key has %s bytes', octet_length(p_key))
        when p_lease < '0' or p_lease > '10 years' then format('the lease is %s', p_lease)
        when p_ttl <= '0' or p_ttl > '10 years' then format('the life is %s', p_ttl)
        when p_on_stale is null or p_on_stale not in ('takeover', 'hold') then format('on_stale is %L', p_on_stale)
        when octet_length(p_fingerprint) > 1024 then format('the fingerprint has %s bytes', octet_length(p_fingerprint))
        when octet_length(p_owner) > 1024 then format('the owner has %s bytes', octet_length(p_owner))
        when p_max_attempts < 1 then format('max_attempts is %s', p_max_attempts)
    end;
    if v_what is not null then
        raise exception using errcode = 'YD201', message = 'a claim cannot be made: ' || v_what,
            detail = 'Scope and key have 1 to 255 bytes, a lease 0 to 10 years (null: while the key lives), a life '
                || 'more than 0 and at most 10 years; on_stale is takeover or hold; max_attempts is 1 or more; '
                || 'fingerprint and owner have 1024 bytes at most.',
            hint = 'A longer key: encode(sha256(convert_to(key, ''UTF8'')), ''hex'').';
    end if;
    return true;
end
$$;

comment on function pydb_internal.idempotency_check(
    text, text, interval, interval, text, integer, bytea, text
) is
'True; raises YD201 for a scope, key, lease, life, on_stale, max_attempts, fingerprint or owner that no key can have.';

revoke all on function pydb_internal.idempotency_check(
    text, text, interval, interval, text, integer, bytea, text
) from public;
