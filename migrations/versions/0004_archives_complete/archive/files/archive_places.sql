-- pydb_internal.archive_places (files; by export_slice): places of some of the rows that a run may delete because a
-- verified file holds them.
-- reads pydb_internal.archive_chunk, pydb.archive_manifest   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_places(
    p_manifest bigint,
    p_number integer,
    p_from bigint,
    p_until bigint
)
returns tid[]
language sql
stable
security definer -- runs do not read the table
set search_path = pg_catalog, pg_temp
as $$
    select c.tids[p_from + 1:p_until]
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id and m.created_by = session_user
    where c.manifest_id = p_manifest and c.number = p_number;
$$;

comment on function pydb_internal.archive_places(bigint, integer, bigint, bigint) is
'Places (ctid) of rows of a chunk behind p_from and up to p_until, of a file that the same login exported; null = no
such chunk.';

revoke all on function pydb_internal.archive_places(bigint, integer, bigint, bigint) from public;
