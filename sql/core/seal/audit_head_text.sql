-- pydb_internal.audit_head_text (seal; for pydb/archive/pieces.py): the end of the chain, for the manifest of a file.
-- reads pydb.audit_head   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.audit_head_text()
returns text
language sql
stable
security definer -- two numbers that say nothing about any row
set search_path = pg_catalog, pg_temp
as $$
    select format('%s:%s', h.block, encode(h.hash, 'hex')) from pydb.audit_head as h where h.block > 0;
$$;

comment on function pydb_internal.audit_head_text() is 'block:hash of the last block; null = nothing has been sealed.';

revoke all on function pydb_internal.audit_head_text() from public;
