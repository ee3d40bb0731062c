-- pydb_internal.cascade_job_start (job; by cascade_open): note that a job has started, from when on it cannot be
-- cancelled.
-- writes pydb.cascade_job, pydb.erasure   locks the job's row
-- raises YD004 YD306
create or replace function pydb_internal.cascade_job_start(p_job bigint, p_run bigint)
returns pydb.cascade_job
language plpgsql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
declare
    v_job pydb.cascade_job := pydb_internal.cascade_job_get(p_job);
begin
    if not pydb_internal.run_is_own(p_run, 'cascade') then
        raise exception using errcode = 'YD306', message = format('job %s is started by its run alone', p_job),
            detail = format('Run %s is no live run of this session.', p_run),
            hint = format('call pydb.cascade_run(%s);', p_job);
    elsif pydb_internal.relation_name(v_job.root) is null then
        raise exception using errcode = 'YD004', message = format('the root of job %s is gone: %s', p_job,
                v_job.root_name),
            detail = 'The table was dropped since the request, its rows with it.',
            hint = format('select pydb.cascade_cancel(%s);', p_job);
    end if;
    -- a cancel may have come in between
    perform pydb_internal.cascade_jobs_due(p_job);
    update pydb.cascade_job as j set state = 'started', run_id = p_run where j.id = p_job returning * into v_job;
    update pydb.erasure as e
    set state = 'started', started_at = coalesce(e.started_at, clock_timestamp()), run_ids = e.run_ids || p_run
    where e.job = p_job and e.state in ('requested', 'started');
    return v_job;
end
$$;

comment on function pydb_internal.cascade_job_start(bigint, bigint) is
'Marks a job as started by a run; YD306 if it may not, YD004 if its root is gone.';

revoke all on function pydb_internal.cascade_job_start(bigint, bigint) from public;
