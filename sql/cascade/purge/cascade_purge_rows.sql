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
    v_run bigint;
begin
    rows := 0;
    if v_name is null or pg_relation_filenode(p_chunk.relation) is distinct from p_chunk.filenode then
        return; -- dropped or written anew: another look finds them
    end if;
    perform pydb_internal.cascade_check_copies(p_chunk);
    if v_is_archive then
        if not has_table_privilege(p_chunk.relation, 'DELETE') then
            raise exception using errcode = 'YD005', message = format('copies in %s cannot be purged', v_name),
                detail = format('%s lacks DELETE on it.', current_user),
                hint = format('grant delete on %s to %I;', v_name, current_user);
        end if;
        -- what is being restored is waited for, and then no longer there
        for v_run in execute format(
            'select distinct a.pydb_run_id from %s as a where a.ctid = any($1) order by a.pydb_run_id', v_name
        ) using p_chunk.tids loop
            perform pg_advisory_xact_lock(hashtextextended('pydb.archive_run', v_run));
        end loop;
        rows := pydb_internal.cascade_purge_take(p_run_id, p_job, p_chunk.relation, p_chunk.tids, p_chunk.versions);
    else
        execute format(
            'delete from %s as a using unnest($1, $2) as u (tid, version)
            where a.ctid = u.tid and a.xmin = u.version and a.ctid = any($1)', v_name
        ) using p_chunk.tids, p_chunk.versions;
        get diagnostics rows = row_count;
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
