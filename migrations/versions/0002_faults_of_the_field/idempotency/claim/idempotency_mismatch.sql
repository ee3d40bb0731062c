-- pydb_internal.idempotency_mismatch (claim): what is told of a key to who shows another fingerprint.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.idempotency_mismatch(p_recorded bytea, p_shown bytea)
returns pydb.idempotency_key
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_row pydb.idempotency_key;
begin
    if octet_length(p_recorded) = 64 and octet_length(p_shown) = 64
        and substr(p_recorded, 1, 32) = substr(p_shown, 1, 32) then
        v_row.error := '{"same_payload": true}';
    end if;
    return v_row;
end
$$;

comment on function pydb_internal.idempotency_mismatch(bytea, bytea) is
'An empty key; its error is {"same_payload": true} where the fingerprints are two hashes of 32 bytes, of the payload and
of who sends it, and only the second differs. Nothing that is recorded is told.';

revoke all on function pydb_internal.idempotency_mismatch(bytea, bytea) from public;
