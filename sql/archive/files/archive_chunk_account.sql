-- pydb_internal.archive_chunk_account (files): note what became of rows that a run could delete, in the transaction
-- of the delete.
-- writes pydb_internal.archive_chunk, pydb.archive_manifest   locks the rows
-- raises YD901
create or replace function pydb_internal.archive_chunk_account(
    p_run_id bigint,
    p_manifest bigint,
    p_number integer,
    p_rows bigint,
    p_is_done boolean,
    p_is_late boolean
)
returns void
language plpgsql
security definer -- the tables are writable through these functions alone
set search_path = pg_catalog, pg_temp
as $$
begin
    if not pydb_internal.run_is_own(p_run_id, 'export') and not pydb_internal.run_is_own(p_run_id, 'archive_export')
    then
        raise exception using errcode = 'YD901', message = format('run %s is not at work here', p_run_id),
            detail = 'Only a run accounts for its own rows.', hint = 'pydb runs list';
    end if;
    update pydb.archive_manifest as m set rows_deleted = m.rows_deleted + p_rows
    where m.id = p_manifest and p_rows > 0
        and exists (select from pydb_internal.archive_chunk as c where c.manifest_id = m.id and c.run_id = p_run_id);
    if p_is_late then
        update pydb_internal.archive_chunk as c set is_late = true
        where c.manifest_id = p_manifest and c.number = p_number and c.run_id = p_run_id;
    elsif p_is_done then
        delete from pydb_internal.archive_chunk as c
        where c.manifest_id = p_manifest and c.number = p_number and c.run_id = p_run_id and not c.is_late;
        update pydb.archive_manifest as m set settled_at = clock_timestamp()
        where m.id = p_manifest
            and not exists (select from pydb_internal.archive_chunk as c where c.manifest_id = m.id);
    end if;
end
$$;

comment on function pydb_internal.archive_chunk_account(bigint, bigint, integer, bigint, boolean, boolean) is
'Adds rows to those deleted for a file; p_is_done: the chunk is through and goes, or (p_is_late) waits for its second
chance.';

revoke all on function pydb_internal.archive_chunk_account(bigint, bigint, integer, bigint, boolean, boolean)
    from public;
