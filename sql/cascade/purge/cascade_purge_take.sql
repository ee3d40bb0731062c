-- pydb_internal.cascade_purge_take (purge; by cascade_purge_rows): take copies out of an archive, in the caller's
-- transaction, and note it in the books of the archive.
-- reads pydb.cascade_job, pydb.archive_table   writes the archive, pydb.archive_run   locks the rows it deletes
-- raises YD005
create or replace function pydb_internal.cascade_purge_take(
    p_run_id bigint,
    p_job bigint,
    p_archive oid,
    p_tids tid[],
    p_versions xid[]
)
returns bigint
language plpgsql
security definer -- nobody else takes rows out of an archive for good
set search_path = pg_catalog, pg_temp
as $$
declare
    v_gone jsonb;
    v_rows bigint;
begin
    if not pydb_internal.run_is_own(p_run_id, 'cascade') or not exists (
        select from pydb.cascade_job as j
        where j.id = p_job and j.run_id = p_run_id and j.purge and j.state = 'started'
    ) or not exists (select from pydb.archive_table as t where t.archive = p_archive) then
        raise exception using errcode = 'YD005', message = format('run %s purges nothing', p_run_id),
            detail = format('It is no live run of job %s in this process, that is not for good, or there is no such '
                'archive.', p_job),
            hint = 'call pydb.cascade_run();';
    end if;
    execute format(
        'with gone as (
            delete from only %s as a using unnest($1, $2) as u (tid, version)
            where a.ctid = u.tid and a.xmin = u.version and a.ctid = any($1)
            returning a.pydb_run_id as id
        )
        select coalesce(jsonb_object_agg(o.id, o.rows), ''{}''), coalesce(sum(o.rows), 0)::bigint
        from (select g.id, count(*) as rows from gone as g group by g.id) as o',
        pydb_internal.relation_name(p_archive)
    ) into v_gone, v_rows using p_tids, p_versions;
    perform pydb_internal.archive_forget(p_run_id, p_archive, v_gone);
    return v_rows;
end
$$;

comment on function pydb_internal.cascade_purge_take(bigint, bigint, oid, tid[], xid[]) is
'Deletes those rows of an archive that are still these versions and returns how many; YD005 unless a job that is for
good, may run and is run by this process says so.';

revoke all on function pydb_internal.cascade_purge_take(bigint, bigint, oid, tid[], xid[]) from public;
