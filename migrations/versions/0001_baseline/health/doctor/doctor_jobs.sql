-- pydb_internal.doctor_jobs (doctor; by doctor): are the jobs as they should be, whose are they, and did their last
-- runs go well.
-- reads what pydb.schedule_status reads, pydb.setting, pg_roles   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_jobs(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_jobs constant jsonb :=
        (select coalesce(jsonb_agg(to_jsonb(s)), '[]') from pydb_internal.schedule_rows(p_cron) as s);
    v_role constant text := pydb_internal.setting_get(p_name => 'schedule_role');
    v_hidden constant text := pydb_internal.doctor_cron_hidden();
    v_sync constant text := 'as a superuser: ' || case
        when p_cron ->> 'database' <> current_database() then 'pydb schedule sync'
        else 'select * from pydb.schedule_sync();'
    end;
    v_found boolean;
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
        (j.drift ~ '^unknown', 'unknown', 'jobs_hidden', 'not to be seen from here', j.drift, v_hidden),
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
    v_found := found;
    -- without the setting every role that syncs makes jobs of its own, and sees those of no other
    return query
    with held as (
        select j.job_name, array_agg(distinct j.role) as roles
        from jsonb_to_recordset(v_jobs) as j (job_name text, present boolean, role text)
        where j.present
        group by j.job_name
    ),
    told as (
        select
            count(*) filter (where cardinality(h.roles) > 1) as doubled,
            string_agg(
                format('%s: %s', h.job_name, array_to_string(h.roles, ', ')), '; ' order by h.job_name
            ) filter (where cardinality(h.roles) > 1) as doubles,
            (
                select array_agg(distinct r.rolname::text)
                from held as o
                cross join unnest(o.roles) as u (name)
                join pg_roles as r on r.rolname = u.name and not r.rolsuper
            ) as plain
        from held as h
    )
    select
        'jobs', 'degraded', k.reason, k.what, left(k.said, 1000),
        case when v_role is null then format(
            'select pydb.setting_set(''schedule_role'', %L); then, ', coalesce(t.plain[1], 'name of a role')
        ) else '' end || v_sync
    from told as t
    cross join lateral (
        values
        (t.doubled > 0, 'several_roles', format('jobs that several roles have at once: %s', t.doubled), t.doubles),
        (
            v_role is null and t.plain is not null, 'no_schedule_role',
            'schedule_role is not set: each role that syncs makes jobs of its own', array_to_string(t.plain, ', ')
        )
    ) as k (applies, reason, what, said)
    where k.applies;
    if not found and not v_found then
        return query select
            'jobs', 'ok', 'as_wanted', format('%s jobs are as the policies say', jsonb_array_length(v_jobs)),
            null::text, null::text;
    end if;
end
$function$;

comment on function pydb_internal.doctor_jobs(jsonb) is
'Rows of pydb.doctor about the jobs: drift, owners, failing ones.';

revoke all on function pydb_internal.doctor_jobs(jsonb) from public;
