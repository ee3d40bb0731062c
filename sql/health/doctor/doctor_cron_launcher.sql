-- pydb_internal.doctor_cron_launcher (doctor; by doctor_cron): is the process alive that starts pg_cron's jobs.
-- reads pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_cron_launcher()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
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
            when 'error' then 'restart the server: pg_ctl restart -D ''' || coalesce(
                (select s.setting from pg_settings as s where s.name = 'data_directory'), 'data directory'
            ) || ''''
        end
    from (
        select case
            when exists (select from pg_stat_activity as a where a.backend_type = 'pg_cron launcher') then 'ok'
            when not pg_has_role('pg_read_all_stats', 'usage') then 'unknown'
            else 'error'
        end as status
    ) as l
$$;

comment on function pydb_internal.doctor_cron_launcher() is 'Row of pydb.doctor about pg_cron''s launcher.';

revoke all on function pydb_internal.doctor_cron_launcher() from public;
