-- pydb_internal.schedule_known (jobs): the jobs that pg_cron has, whether there should be one of the name, and as which
-- role.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_known(p_cron jsonb, p_role text)
returns table (
    jobid bigint,
    job_name text,
    schedule text,
    command text,
    database text,
    role text,
    host text,
    port integer,
    active boolean,
    kind text,
    subject text,
    is_ours boolean,
    is_wanted boolean,
    owner text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        p.*, t.job_name is not null,
        coalesce(p_role, first_value(p.role) over (partition by p.job_name order by p.is_ours desc, p.jobid))
    from pydb_internal.schedule_present(p_cron) as p
    left join pydb_internal.schedule_targets(p_cron) as t on t.job_name = p.job_name
$$;

comment on function pydb_internal.schedule_known(jsonb, text) is
'Rows of schedule_present; is_wanted = there should be a job of the name; owner = the role that it should run as:
p_role, or, null, whoever has it.';

revoke all on function pydb_internal.schedule_known(jsonb, text) from public;
