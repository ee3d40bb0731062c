-- pydb_internal.erasure_entries (ledger): entries of the ledger, with salt and hashes, to look for their rows.
-- reads pydb.erasure   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_entries(p_id uuid)
returns setof pydb.erasure
language sql
stable
security definer -- salts and hashes are for those who look for the rows, not for all who see the ledger
set search_path = pg_catalog, pg_temp
as $$
    select e.* from pydb.erasure as e where p_id is null or e.id = p_id order by e.requested_at, e.id;
$$;

comment on function pydb_internal.erasure_entries(uuid) is 'One entry of the ledger, or all, oldest first.';

revoke all on function pydb_internal.erasure_entries(uuid) from public;
