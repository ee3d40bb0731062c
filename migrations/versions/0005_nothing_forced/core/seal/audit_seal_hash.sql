-- pydb_internal.audit_seal_hash (seal): the hash of a block, which the next one goes on from.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.audit_seal_hash(p_seal pydb.audit_seal)
returns bytea
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select sha256(convert_to(format(
        '%s,%s,%s,%s,%s,%s:%s,', p_seal.block, p_seal.from_id, p_seal.to_id, p_seal.rows,
        (extract(epoch from p_seal.sealed_at) * 1000000)::bigint, octet_length(p_seal.sealed_by), p_seal.sealed_by
    ), 'UTF8') || p_seal.root || p_seal.previous);
$$;

comment on function pydb_internal.audit_seal_hash(pydb.audit_seal) is
'SHA-256 of number, bounds, count, time, role, root and previous hash of a block.';

revoke all on function pydb_internal.audit_seal_hash(pydb.audit_seal) from public;
