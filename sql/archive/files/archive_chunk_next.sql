-- pydb_internal.archive_chunk_next (files): the next rows that a run may delete because a verified file holds them.
-- reads pydb_internal.archive_chunk, pydb.archive_manifest   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_chunk_next(p_run_id bigint)
returns pydb_internal.archive_chunk
language sql
stable
security definer -- runs do not read the table
set search_path = pg_catalog, pg_temp
as $$
    select c
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id
    where c.run_id = p_run_id and not c.is_late and m.created_by = session_user
        and (m.system_identifier, m.database_oid) in (
            -- asked once for a server, not for each chunk
            select d.system_identifier, d.database_oid
            from (
                select distinct n.system_identifier, n.database_oid
                from pydb_internal.archive_chunk as o
                inner join pydb.archive_manifest as n on n.id = o.manifest_id
                where o.run_id = p_run_id
                offset 0
            ) as d
            where pydb_internal.archive_is_own(d.system_identifier, d.database_oid)
        )
    order by c.manifest_id, c.number
    limit 1;
$$;

comment on function pydb_internal.archive_chunk_next(bigint) is
'Next rows of a run, of files that the same login exported from this database; null = none now.';

revoke all on function pydb_internal.archive_chunk_next(bigint) from public;
