-- pydb_internal.archive_return (restore; by archive_restore_rows): note that rows of a run have left an archive for
-- their table.
-- reads pydb.job_run   writes pydb.archive_run   locks the run's row there
-- raises YD005
create or replace function pydb_internal.archive_return(
    p_restore bigint,
    p_run_id bigint,
    p_archive oid,
    p_rows bigint
)
returns void
language plpgsql
security definer -- nobody else writes what archives hold
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.archive_run as a set restored = a.restored + p_rows
    where a.run_id = p_run_id and a.archive = p_archive and p_rows >= 0
        and pydb_internal.run_is_own(p_restore, 'archive_restore');
    if not found then
        raise exception using errcode = 'YD005', message = format('run %s restores nothing', p_restore),
            detail = 'It is no live restore of this process.', hint = 'psql: \df pydb.archive*';
    end if;
end
$$;

comment on function pydb_internal.archive_return(bigint, bigint, oid, bigint) is
'Adds rows to what was restored of a run; YD005 unless a live restore of this process says so.';

revoke all on function pydb_internal.archive_return(bigint, bigint, oid, bigint) from public;
