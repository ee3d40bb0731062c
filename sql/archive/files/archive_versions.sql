-- pydb_internal.archive_versions (files; by export_slice): the versions that the rows of a chunk had when their file
-- was written.
-- reads pydb_internal.archive_chunk, pydb.archive_manifest   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_versions(p_manifest bigint, p_number integer)
returns xid[]
language sql
stable
security definer -- runs do not read the table
set search_path = pg_catalog, pg_temp
as $$
    select c.versions
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id and m.created_by = session_user
    where c.manifest_id = p_manifest and c.number = p_number;
$$;

comment on function pydb_internal.archive_versions(bigint, integer) is
'Versions (xmin) of the rows of a chunk, each at least once, of a file that the same login exported; null = no such
chunk.';

revoke all on function pydb_internal.archive_versions(bigint, integer) from public;
