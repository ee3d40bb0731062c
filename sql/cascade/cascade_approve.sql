-- pydb.cascade_approve: approve a cascade job that somebody else requested.
-- writes pydb.cascade_job, pydb.audit_log   locks the job's row
-- raises YD007 YD306
create or replace function pydb.cascade_approve(p_job bigint)
returns pydb.cascade_job
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.cascade_approval_store(
        pydb_internal.draft_add('cascade_approval', jsonb_build_object('job', p_job))
    );
end
$$;

comment on function pydb.cascade_approve(bigint) is
'Approves a job, as a login role other than the one that requested it (YD306 otherwise). Approving a job that did not
ask for it is allowed.';

revoke all on function pydb.cascade_approve(bigint) from public;
