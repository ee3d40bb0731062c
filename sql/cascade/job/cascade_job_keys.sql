-- pydb_internal.cascade_job_keys (job): the keys of a job's root rows.
-- reads pydb.cascade_job   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_job_keys(p_job bigint)
returns jsonb
language sql
stable
security definer -- who may run jobs need not read them all
set search_path = pg_catalog, pg_temp
as $$
    select j.keys from pydb.cascade_job as j where j.id = p_job;
$$;

comment on function pydb_internal.cascade_job_keys(bigint) is 'Keys of the root rows of a job: array of objects.';

revoke all on function pydb_internal.cascade_job_keys(bigint) from public;
