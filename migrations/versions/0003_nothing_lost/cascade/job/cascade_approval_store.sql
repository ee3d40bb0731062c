-- pydb_internal.cascade_approval_store (job; by cascade_approve): enter the approval of a job, by another than who
-- requested it; audited.
-- writes pydb.cascade_job, pydb.audit_log, pydb.erasure, pydb_internal.draft   locks the job's row
-- raises YD005 YD306
create or replace function pydb_internal.cascade_approval_store(p_draft bigint)
returns pydb.cascade_job
language plpgsql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('cascade_approval', p_draft);
    v_id constant bigint := (v_draft.content ->> 'job')::bigint;
    v_job pydb.cascade_job := pydb_internal.cascade_job_get(v_id);
    v_problem text;
begin
    v_problem := case
        when v_job.state <> 'requested' then format('it is %s', v_job.state)
        -- by number, for a role can be renamed between the two; by name where it was requested before that was kept
        when v_job.requested_by_role in (v_draft.author_role, v_draft.role)
            or (v_job.requested_by_role is null and v_job.requested_by = v_draft.author)
            then 'who requests cannot approve'
    end;
    if v_problem is not null then
        raise exception using errcode = 'YD306',
            message = format('job %s cannot be approved: %s', v_id, v_problem),
            detail = format('Requested by %s at %s.', v_job.requested_by, v_job.requested_at),
            hint = format('select * from pydb.cascade_job where id = %s;', v_id);
    end if;
    update pydb.cascade_job as j
    set state = 'approved', approved_by = v_draft.author, approved_by_role = v_draft.author_role, approved_at = now()
    where j.id = v_id
    returning * into v_job;
    update pydb.erasure as e set approved_by = v_job.approved_by, approved_at = v_job.approved_at
    where e.job = v_id and e.state = 'requested';
    perform pydb_internal.audit_add('cascade_approve', 'job ' || v_id, null, null);
    return v_job;
end
$$;

comment on function pydb_internal.cascade_approval_store(bigint) is
'Enters an approval that was drafted in this transaction; YD306 for a job that is not waiting, and for who requested
it.';

revoke all on function pydb_internal.cascade_approval_store(bigint) from public;
