-- pydb_internal.doctor_jobs (doctor; by doctor): are the jobs as they should be, whose are they, and did their last
-- runs go well.
-- reads what pydb.schedule_status reads, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_jobs(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_jobs constant jsonb :=
        (select coalesce(jsonb_agg(to_jsonb(s)), '[]') from pydb_internal.schedule_rows(p_cron) as s);
    v_hidden constant text := pydb_internal.doctor_cron_hidden();
    v_found boolean;
begin
    return query
    select
        'jobs', k.status, k.reason, format('%s: %s of %s jobs', k.what, count(*), jsonb_array_length(v_jobs)),
        left(string_agg(format('%s: %s', j.job_name, left(k.said, 200)), '; ' order by j.job_name), 8000), k.hint
    from jsonb_to_recordset(v_jobs) as j (
        job_name text, kind text, drift text, drift_code text, wanted boolean, last_status text, last_message text
    )
    cross join lateral (
        values
        (
            j.drift_code = 'unknown' and p_cron is null, 'unknown', 'jobs_hidden', 'not to be seen from here', j.drift,
            v_hidden
        ),
        (
            -- pg_cron shows a role its own jobs alone
            j.drift_code = 'unknown' and p_cron is not null, 'unknown', 'jobs_of_others',
            'missing, or of a role whose jobs this one cannot see', j.drift,
            'look as a superuser, or as the role of the jobs: pydb doctor'
        ),
        (
            j.drift_code <> 'unknown', 'degraded', 'drift', 'not as the schedules say', j.drift,
            'select * from pydb.schedule_sync();  or: pydb schedule sync'
        ),
        (
            j.wanted and j.last_status = 'failed' and j.last_message ~* 'job startup timeout', 'degraded',
            'startup_timeout', 'not started in time', split_part(j.last_message, E'\n', 1),
            'in postgresql.conf: raise max_worker_processes, or lower cron.max_running_jobs; then restart'
        ),
        (
            j.wanted and j.last_status in ('failed', 'interrupted')
            and coalesce(j.last_message, '') !~* 'job startup timeout', 'degraded', 'failing', 'last run failed',
            format('%s %s', j.last_status, split_part(coalesce(j.last_message, ''), E'\n', 1)),
            'pydb schedule status; ' || case j.kind
                when 'retention' then 'pydb retention log'
                else format('select * from pydb.run_list where kind = %L order by id desc limit 10;', j.kind)
            end
        )
    ) as k (applies, status, reason, what, said, hint)
    where k.applies
    group by k.status, k.reason, k.what, k.hint;
    v_found := found;
    return query select d.* from pydb_internal.doctor_job_owners(p_cron, v_jobs) as d;
    if not found and not v_found then
        return query select
            'jobs', 'ok', 'as_wanted', format('%s jobs are as the schedules say', jsonb_array_length(v_jobs)),
            null::text, null::text;
    end if;
end
$$;

comment on function pydb_internal.doctor_jobs(jsonb) is
'Rows of pydb.doctor about the jobs: drift, owners, failing ones.';

revoke all on function pydb_internal.doctor_jobs(jsonb) from public;
