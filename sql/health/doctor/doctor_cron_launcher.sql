-- pydb_internal.doctor_cron_launcher (doctor; by doctor_cron): is the process alive that starts pg_cron's jobs, and
-- does a job keep it from starting.
-- reads pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_cron_launcher(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with launcher as (
        select
            case
                when exists (select from pg_stat_activity as a where a.backend_type = 'pg_cron launcher') then 'ok'
                when not pg_has_role('pg_read_all_stats', 'usage') then 'unknown'
                else 'error'
            end as status,
            'restart the server: pg_ctl restart -D ''' || coalesce(
                (select s.setting from pg_settings as s where s.name = 'data_directory'), 'data directory'
            ) || '''' as restart
    ),
    orphaned as (
        select
            string_agg(format('job %s%s runs as %s', j.jobid, ' (' || j.name || ')', j.role), '; ' order by j.jobid
                ) as said,
            string_agg(format('select cron.unschedule(%s);', j.jobid), ' ' order by j.jobid) as cure
        from jsonb_to_recordset(p_cron -> 'orphaned') as j (jobid bigint, name text, role text)
        having count(*) > 0
    )
    select
        'pg_cron launcher', l.status,
        case l.status when 'ok' then 'running' when 'unknown' then 'hidden' else 'gone' end,
        case l.status
            when 'ok' then 'the launcher of pg_cron is running'
            when 'unknown' then 'this role may not see whether the launcher of pg_cron runs'
            else 'the launcher of pg_cron is gone: no job starts'
        end,
        case l.status when 'error' then 'below 1.6.1 it does not come back by itself once it was terminated' end,
        case l.status
            when 'unknown' then format('grant pg_monitor to %I;', current_user)
            when 'error' then l.restart
        end
    from launcher as l
    where l.status <> 'error' or not exists (select from orphaned)
    union all
    select
        'pg_cron launcher', 'error', 'job_role_gone', case l.status
            when 'error' then 'a job belongs to a role that is gone: pg_cron does not start, no job runs'
            else 'a job belongs to a role that is gone: pg_cron will not start again'
        end,
        left(o.said, 1000),
        concat_ws(
            ' ', case
                when p_cron ->> 'database' <> current_database() then format('in database %I:', p_cron ->> 'database')
            end, o.cure
        )
    from orphaned as o
    cross join launcher as l
$$;

comment on function pydb_internal.doctor_cron_launcher(jsonb) is
'Rows of pydb.doctor about the background process of pg_cron, and about jobs, of anybody, whose role is gone.';

revoke all on function pydb_internal.doctor_cron_launcher(jsonb) from public;
