-- pydb_internal.cascade_job_get (job): a cascade job, locked against a second hand on it.
-- reads pydb.cascade_job   writes nothing   locks the job's row
-- raises YD306
create or replace function pydb_internal.cascade_job_get(p_job bigint)
returns pydb.cascade_job
language plpgsql
security definer -- jobs change only through their routines
set search_path = pg_catalog, pg_temp
as $$
declare
    v_job pydb.cascade_job;
begin
    select j.* into v_job from pydb.cascade_job as j where j.id = p_job for update;
    if not found then
        raise exception using errcode = 'YD306', message = format('there is no job %s', coalesce(p_job::text, 'null')),
            detail = 'Jobs are made by pydb.cascade_request.',
            hint = 'select id, state, root_name, keys from pydb.cascade_job order by id desc limit 10;';
    end if;
    return v_job;
end
$$;

comment on function pydb_internal.cascade_job_get(bigint) is 'A cascade job by its id, locked; YD306 if there is none.';

revoke all on function pydb_internal.cascade_job_get(bigint) from public;
