-- pydb_internal.doctor_job_owners (doctor; by doctor_jobs): do several roles have the same jobs, and does a setting say
-- whose they should be.
-- reads pydb.setting, pg_roles   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_job_owners(p_cron jsonb, p_jobs jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_role constant text := pydb_internal.setting_get(p_name => 'schedule_role');
    v_sync constant text := 'as a superuser: ' || case
        when p_cron ->> 'database' <> current_database() then 'pydb schedule sync'
        else 'select * from pydb.schedule_sync();'
    end;
begin
    -- without the setting every role that syncs makes jobs of its own, and sees those of no other
    return query
    with held as (
        select j.job_name, array_agg(distinct j.role) as roles
        from jsonb_to_recordset(p_jobs) as j (job_name text, present boolean, role text)
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
                inner join pg_roles as r on r.rolname = u.name and not r.rolsuper
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
end
$$;

comment on function pydb_internal.doctor_job_owners(jsonb, jsonb) is
'Rows of pydb.doctor about the owners of jobs. p_jobs = array of the rows of pydb_internal.schedule_rows.';

revoke all on function pydb_internal.doctor_job_owners(jsonb, jsonb) from public;
