-- pydb.cascade_approve: approve a cascade job that somebody else requested.
-- writes pydb.cascade_job, pydb.audit_log   locks the job's row
-- raises YD306
create or replace function pydb.cascade_approve(p_job bigint)
returns pydb.cascade_job
language plpgsql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
declare
    v_job pydb.cascade_job := pydb_internal.cascade_job_get(p_job);
    v_problem text;
begin
    v_problem := case
        when v_job.state <> 'requested' then format('it is %s', v_job.state)
        when v_job.requested_by = session_user then 'who requests cannot approve'
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD306',
            message = format('job %s cannot be approved: %s', p_job, v_problem),
            detail = format('Requested by %s at %s.', v_job.requested_by, v_job.requested_at),
            hint = format('select * from pydb.cascade_job where id = %s;', p_job);
    end if;
    update pydb.cascade_job as j
    set state = 'approved', approved_by = session_user, approved_at = now()
    where j.id = p_job
    returning * into v_job;
    perform pydb_internal.audit_add('cascade_approve', 'job ' || p_job, null, null);
    return v_job;
end
$$;

comment on function pydb.cascade_approve(bigint) is
'Approves a job, as a login role other than the one that requested it (YD306 otherwise). Approving a job that did not
ask for it is allowed.';

revoke all on function pydb.cascade_approve(bigint) from public;
