-- pydb_internal.archive_is_held (purge): may there be rows in an archive that a hold keeps?
-- reads pydb.archive_table, pydb.hold, the catalog   writes nothing   locks nothing
-- raises YD704
create or replace function pydb_internal.archive_is_held(p_archive oid)
returns boolean
language sql
stable
security definer -- as the purge itself, which says it with the rights of the owner
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.archive_free_condition(p_archive) <> '';
$$;

comment on function pydb_internal.archive_is_held(oid) is
'True where a hold is about the table of an archive, or about what that hangs on.';

revoke all on function pydb_internal.archive_is_held(oid) from public;
