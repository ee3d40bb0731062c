-- pydb.erasure_export: the ledger of erasures, an entry a row, to be kept outside of the database.
-- reads pydb.erasure   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.erasure_export()
returns setof jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set bytea_output = 'hex'
as $$
    select to_jsonb(e) - 'imported_at' from pydb_internal.erasure_entries(null) as e;
$$;

comment on function pydb.erasure_export() is
'All entries of the ledger, oldest first, as pydb.erasure_replay takes them; pydb erasure export writes them to a file.
They have no keys, but salt and hashes: who has them can tell whether a key that he guesses was erased.';

revoke all on function pydb.erasure_export() from public;
