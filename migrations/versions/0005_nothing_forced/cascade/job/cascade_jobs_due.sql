-- pydb_internal.cascade_jobs_due (job): the jobs to run now: one that was asked for, or all that are due.
-- reads pydb.cascade_job   writes nothing   locks nothing
-- raises YD306
create or replace function pydb_internal.cascade_jobs_due(p_job bigint)
returns bigint[]
language plpgsql
stable
security definer -- who may run jobs need not read them all
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_job pydb.cascade_job;
    v_problem text;
begin
    if p_job is null then
        return array(
            select j.id from pydb.cascade_job as j
            where (j.state in ('approved', 'started') or (j.state = 'requested' and not j.approval))
                and j.not_before <= v_now and not pydb_internal.cascade_is_held(j)
            order by j.id
        );
    end if;
    select j.* into v_job from pydb.cascade_job as j where j.id = p_job;
    v_problem := case
        when v_job.id is null then 'there is none'
        when v_job.state in ('completed', 'cancelled') then format('it is %s', v_job.state)
        when v_job.state = 'requested' and v_job.approval then 'it waits for approval'
        when v_job.not_before > v_now then format('it may start at %s', v_job.not_before)
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD306', message = format('job %s cannot run: %s', p_job, v_problem),
            detail = coalesce(format('Requested by %s at %s.', v_job.requested_by, v_job.requested_at), 'Unknown id.'),
            hint = case when v_job.state = 'requested' and v_job.approval
                then format('select pydb.cascade_approve(%s); -- as another role than the requester', p_job)
                else 'select id, state, not_before, root_name from pydb.cascade_job order by id desc limit 10;'
            end;
    end if;
    return array[p_job];
end
$$;

comment on function pydb_internal.cascade_jobs_due(bigint) is
'Ids of the jobs to run: the one asked for (YD306 if it cannot run now), or (null) all that are due, oldest first.';

revoke all on function pydb_internal.cascade_jobs_due(bigint) from public;
