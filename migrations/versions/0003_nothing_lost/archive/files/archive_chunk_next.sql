-- pydb_internal.archive_chunk_next (files): the next rows that a run may delete because a verified file holds them.
-- reads pydb_internal.archive_chunk, pydb.archive_manifest   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_chunk_next(
    p_run_id bigint,
    out chunk pydb_internal.archive_chunk,
    out relation oid
)
language plpgsql
stable
security definer -- runs do not read the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_found record;
begin
    select c.manifest_id, c.number, c.run_id, c.signature, c.tids, c.versions, c.is_late, m.relation into v_found
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id
    where c.run_id = p_run_id and not c.is_late and m.created_by = session_user
        and pydb_internal.archive_is_own(m.system_identifier, m.database_oid)
    order by c.manifest_id, c.number
    limit 1;
    if found then
        chunk := row(
            v_found.manifest_id, v_found.number, v_found.run_id, v_found.signature, v_found.tids, v_found.versions,
            v_found.is_late
        );
        relation := v_found.relation;
    end if;
end
$$;

comment on function pydb_internal.archive_chunk_next(bigint) is
'Next rows of a run and the relation they are in, of files that the same login exported on this server; null = none now.';

revoke all on function pydb_internal.archive_chunk_next(bigint) from public;
