-- pydb_internal.archive_forget (purge; by cascade_purge_take): note that rows have left an archive for good, with the
-- person that they were about.
-- reads pydb.job_run   writes pydb.archive_run   locks the runs' rows there
-- raises YD005
create or replace function pydb_internal.archive_forget(p_purge bigint, p_archive oid, p_rows jsonb)
returns void
language plpgsql
security definer -- nobody else writes what archives hold
set search_path = pg_catalog, pg_temp
as $$
declare
    v_runs bigint;
begin
    update pydb.archive_run as a set purged = a.purged + g.value::bigint
    from jsonb_each_text(p_rows) as g
    where a.run_id = g.key::bigint and a.archive = p_archive and g.value::bigint >= 0
        and pydb_internal.run_is_own(p_purge, 'cascade');
    get diagnostics v_runs = row_count;
    if v_runs <> (select count(*) from jsonb_object_keys(p_rows)) then
        raise exception using errcode = 'YD005', message = format('run %s purges nothing', p_purge),
            detail = 'It is no live cascade of this process, or the archive has no such run.',
            hint = 'call pydb.cascade_run();';
    end if;
end
$$;

comment on function pydb_internal.archive_forget(bigint, oid, jsonb) is
'Adds rows to what was purged of some runs (object: run → rows); YD005 unless a live cascade of this process says so.';

revoke all on function pydb_internal.archive_forget(bigint, oid, jsonb) from public;
