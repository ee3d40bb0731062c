-- pydb_internal.archive_shut (keep): let nobody archive rows of some tables up to the caller's commit, when all who are
-- at it have ended; and say what their archives have been given by then.
-- reads pydb.job_run, pydb.archive_table, pydb.archive_run   writes nothing
-- locks the archives and pydb.archive_table (share row exclusive)
-- raises 55P03 YD005
create or replace function pydb_internal.archive_shut(p_run_id bigint, p_sources oid[])
returns text
language plpgsql
security definer -- nobody else locks an archive
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name text;
begin
    if not pydb_internal.run_is_own(p_run_id, 'cascade') then
        raise exception using errcode = 'YD005', message = format('run %s purges nothing', p_run_id),
            detail = 'It is no live cascade of this process.', hint = 'call pydb.cascade_run();';
    end if;
    -- who archives has each in row exclusive mode from archive_open to his commit; in the same order as there
    for v_name in
        select pydb_internal.relation_name(t.archive)
        from pydb.archive_table as t
        inner join pg_class as c on c.oid = t.archive
        where t.source = any(p_sources)
        order by t.archive
    loop
        execute format('lock table only %s in share row exclusive mode', v_name);
    end loop;
    lock table pydb.archive_table in share row exclusive mode; -- nor into an archive that is only being made
    return pydb_internal.archive_mark(p_sources);
end
$$;

comment on function pydb_internal.archive_shut(bigint, oid[]) is
'Keeps out whoever archives rows of some tables, or puts them back, up to the end of the transaction, and returns what
pydb_internal.archive_mark says then. lock_timeout bounds the wait; YD005 unless a live cascade of this process asks.';

revoke all on function pydb_internal.archive_shut(bigint, oid[]) from public;
