-- pydb_internal.archive_chunk_clear (files; by export_open): a run is through: what was locked to the end is not
-- deleted for these files any more.
-- writes pydb_internal.archive_chunk, pydb.archive_manifest   locks the rows
-- raises nothing
create or replace function pydb_internal.archive_chunk_clear(p_run_id bigint)
returns bigint
language plpgsql
security definer -- the tables are writable through these functions alone
set search_path = pg_catalog, pg_temp
as $$
begin
    if not pydb_internal.run_is_own(p_run_id, 'export') then
        return 0;
    end if;
    delete from pydb_internal.archive_chunk as c where c.run_id = p_run_id and c.is_late;
    update pydb.archive_manifest as m set settled_at = clock_timestamp()
    where m.run_id = p_run_id and m.settled_at is null
        and not exists (select from pydb_internal.archive_chunk as c where c.manifest_id = m.id);
    return (
        select coalesce(sum(m.rows - m.rows_deleted), 0)::bigint from pydb.archive_manifest as m
        where m.run_id = p_run_id
    );
end
$$;

comment on function pydb_internal.archive_chunk_clear(bigint) is
'Ends the second chance of rows of a run; returns how many rows of its files were not deleted.';

revoke all on function pydb_internal.archive_chunk_clear(bigint) from public;
