-- pydb_internal.health_job_findings (check; by health_schedule): what is not as it should be about scheduled jobs.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_job_findings(p_jobs jsonb, p_total bigint)
returns table (status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        k.status, k.reason, format('%s: %s of %s jobs', k.what, count(*), p_total),
        left(string_agg(concat_ws(': ', j.job_name, left(k.said, 200)), '; ' order by j.job_name), 2000), k.hint
    from jsonb_to_recordset(p_jobs) as j (
        job_name text, kind text, wanted boolean, code text, drift text, status text, message text
    )
    cross join lateral (
        values
        (j.code = 'unknown', 'unknown', 'jobs_hidden', 'not to be seen from here', null,
            'look as a superuser, or as the role of the jobs: pydb schedule status'),
        (j.code = 'missing', 'error', 'job_missing', 'missing', null, 'pydb schedule sync'),
        (
            j.code in ('changed', 'extra'), 'degraded', 'drift', 'not as the schedules say', j.drift,
            'pydb schedule sync'
        ),
        (j.wanted and j.status = 'failed' and j.message ~* 'job startup timeout', 'degraded', 'startup_timeout',
            'not started in time', split_part(j.message, E'\n', 1),
            'in postgresql.conf: raise max_worker_processes, or lower cron.max_running_jobs; then restart'),
        (j.wanted and j.status in ('failed', 'interrupted') and coalesce(j.message, '') !~* 'job startup timeout',
            'degraded', 'failing', 'last run failed',
            format('%s %s', j.status, split_part(coalesce(j.message, ''), E'\n', 1)),
            'pydb schedule status; pydb runs list --state failed')
    ) as k (applies, status, reason, what, said, hint)
    where k.applies
    group by k.status, k.reason, k.what, k.hint;
$$;

comment on function pydb_internal.health_job_findings(jsonb, bigint) is
'Findings about jobs (array of rows of health_jobs, of those at least that are not well; p_total = how many there are in
all): jobs_hidden, job_missing, drift, startup_timeout, failing.';

revoke all on function pydb_internal.health_job_findings(jsonb, bigint) from public;
