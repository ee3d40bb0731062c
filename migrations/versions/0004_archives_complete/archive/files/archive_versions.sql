-- pydb_internal.archive_versions (files; by export_slice): the versions that rows of a chunk had when their file was
-- written.
-- reads pydb_internal.archive_chunk, pydb.archive_manifest   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_versions(
    p_manifest bigint,
    p_number integer,
    p_from bigint,
    p_until bigint
)
returns setof xid
language sql
stable
security definer -- runs do not read the table
rows 100
set search_path = pg_catalog, pg_temp
as $$
    select distinct u.version
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id and m.created_by = session_user
    cross join lateral unnest(c.versions[p_from + 1:p_until]) as u (version)
    where c.manifest_id = p_manifest and c.number = p_number;
$$;

comment on function pydb_internal.archive_versions(bigint, integer, bigint, bigint) is
'Versions (xmin) of rows of a chunk behind p_from and up to p_until, each once, of a file that the same login exported.';

revoke all on function pydb_internal.archive_versions(bigint, integer, bigint, bigint) from public;
