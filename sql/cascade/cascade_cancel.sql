-- pydb.cascade_cancel: take back a cascade job that has not started, or give up one that cannot go on.
-- reads pydb.job_run   writes pydb.cascade_job, pydb.audit_log, pydb.erasure   locks the job's row
-- raises YD007 YD306
create or replace function pydb.cascade_cancel(p_job bigint)
returns pydb.cascade_job
language plpgsql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
declare
    v_job pydb.cascade_job;
begin
    perform pydb_internal.run_check_read_write();
    v_job := pydb_internal.cascade_job_get(p_job);
    if v_job.state not in ('requested', 'approved') and not (v_job.state = 'started' and exists (
        select 1 from pydb.job_run as r where r.id = v_job.run_id and r.state in ('blocked', 'failed')
    )) then
        raise exception using errcode = 'YD306',
            message = format('job %s cannot be cancelled: it is %s', p_job, v_job.state),
            detail = format('%s gone so far.', pydb_internal.rows_text(v_job.rows_done)),
            hint = case v_job.state when 'started'
                then 'What went is gone. select pydb.retention_pause(); stops it within one batch.'
                else format('select * from pydb.cascade_job where id = %s;', p_job) end;
    end if;
    update pydb.cascade_job as j
    set state = 'cancelled', cancelled_by = session_user, cancelled_at = now(), finished_at = now()
    where j.id = p_job
    returning * into v_job;
    update pydb.erasure as e
    set state = 'refused', refusal = 'cancelled', finished_at = v_job.finished_at, rows_done = v_job.rows_done,
        relations = v_job.relations
    where e.job = p_job and e.state in ('requested', 'started');
    perform pydb_internal.audit_add('cascade_cancel', 'job ' || p_job, null, null);
    return v_job;
end
$$;

comment on function pydb.cascade_cancel(bigint) is
'Cancels a job that has not started, or whose last run was blocked or failed (what went stays gone); else YD306.';

revoke all on function pydb.cascade_cancel(bigint) from public;
