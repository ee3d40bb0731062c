-- pydb._doctor_jobs: are the jobs as they should be, and did their last runs go well.
-- reads what pydb.schedule_status reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._doctor_jobs(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_jobs jsonb := (select coalesce(jsonb_agg(to_jsonb(s)), '[]') from pydb._schedule_rows(p_cron) as s);
begin
    return query
    select
        'jobs', k.status, k.reason, format('%s: %s of %s jobs', k.what, count(*), jsonb_array_length(v_jobs)),
        left(string_agg(format('%s: %s', j.job_name, k.said), '; ' order by j.job_name), 1000), k.hint
    from jsonb_to_recordset(v_jobs) as j (
        job_name text, drift text, wanted boolean, last_status text, last_message text, run_state text
    )
    cross join lateral (
        values
        (
            j.drift ~ '^unknown', 'unknown', 'jobs_hidden', 'not to be seen from here', j.drift,
            'the pydb program looks into the other database: pydb schedule status'
        ),
        (
            j.drift !~ '^unknown', 'degraded', 'drift', 'not as the policies say', j.drift,
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
            'pydb schedule status; pydb retention log'
        )
    ) as k (applies, status, reason, what, said, hint)
    where k.applies
    group by k.status, k.reason, k.what, k.hint;
    if not found then
        return query select
            'jobs', 'ok', 'as_wanted', format('%s jobs are as the policies say', jsonb_array_length(v_jobs)),
            null::text, null::text;
    end if;
end
$function$;

comment on function pydb._doctor_jobs(jsonb) is 'Rows of pydb.doctor about the jobs: drift, failing ones.';

revoke all on function pydb._doctor_jobs(jsonb) from public;
