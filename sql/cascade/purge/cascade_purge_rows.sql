-- pydb_internal.cascade_purge_rows (purge; by cascade_turn): take rows of a job out of an archive or the quarantine, in
-- the caller's transaction, and note it.
-- writes the archive or pydb.orphan_quarantine, pydb.archive_run, pydb.cascade_job
-- locks the rows it deletes, their runs against a restore
-- raises YD005 YD703
create or replace function pydb_internal.cascade_purge_rows(
    p_run_id bigint,
    p_job bigint,
    p_chunk pydb_internal.run_chunk,
    out rows bigint,
    out told jsonb
)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_name constant text := pydb_internal.relation_name(p_chunk.relation);
    v_is_archive constant boolean := exists (select from pydb.archive_table as t where t.archive = p_chunk.relation);
    v_gone jsonb;
begin
    rows := 0;
    if v_name is null or pg_relation_filenode(p_chunk.relation) is distinct from p_chunk.filenode then
        return; -- dropped or written anew: another look finds them
    end if;
    perform pydb_internal.cascade_check_copies(p_chunk);
    if v_is_archive then
        -- what is being restored is waited for, and then no longer there
        for v_gone in execute format(
            'select to_jsonb(r.id) from (
                select distinct a.pydb_run_id as id from %s as a where a.ctid = any($1)
            ) as r order by r.id', v_name
        ) using p_chunk.tids loop
            perform pg_advisory_xact_lock(hashtextextended('pydb.archive_run', v_gone::bigint));
        end loop;
    end if;
    execute format(
        'with gone as (
            delete from %1$s as a using unnest($1, $2) as u (tid, version)
            where a.ctid = u.tid and a.xmin = u.version and a.ctid = any($1)
            returning a.%2$I as id
        )
        select coalesce(jsonb_object_agg(o.id, o.rows), ''{}''), coalesce(sum(o.rows), 0)::bigint
        from (select g.id, count(*) as rows from gone as g group by g.id) as o', v_name,
        case when v_is_archive then 'pydb_run_id' else 'run_id' end
    ) into v_gone, rows using p_chunk.tids, p_chunk.versions;
    if v_is_archive then
        perform pydb_internal.archive_forget(p_run_id, p_chunk.relation, v_gone);
    end if;
    if rows > 0 then
        told := pydb_internal.cascade_job_progress(p_job, jsonb_build_object(v_name, rows), '{}', null);
    end if;
end
$$;

comment on function pydb_internal.cascade_purge_rows(bigint, bigint, pydb_internal.run_chunk) is
'Deletes those rows of a chunk that are still what they were, adds them to the books of the archive and of the job, and
returns how many, with what is known of the job so far.';

revoke all on function pydb_internal.cascade_purge_rows(bigint, bigint, pydb_internal.run_chunk) from public;
