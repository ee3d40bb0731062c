-- pydb_internal.audit_seal_root (seal): what stands for the rows of a block.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.audit_seal_root(p_ids bigint[], p_digests bytea)
returns bytea
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select sha256(convert_to(array_to_string(p_ids, ',') || ':', 'UTF8') || p_digests);
$$;

comment on function pydb_internal.audit_seal_root(bigint[], bytea) is 'SHA-256 of the ids and digests of a block.';

revoke all on function pydb_internal.audit_seal_root(bigint[], bytea) from public;
