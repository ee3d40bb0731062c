-- pydb_internal.doctor_cron (doctor): is pg_cron loaded, installed, in which database, and is its launcher
-- alive.
-- reads pg_extension, pg_settings, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_cron(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_place record;
    v_version text;
    v_backend constant text := pydb_internal.schedule_backend(p_cron);
    v_needed constant boolean := v_backend = 'pg_cron';
    c_lines text := format(
        'in postgresql.conf: shared_preload_libraries = ''pg_cron'' and cron.database_name = %L; then restart',
        current_database()
    );
begin
    v_place := pydb_internal.schedule_place();
    v_version := coalesce(v_place.version, p_cron ->> 'version');
    return query select
        'pg_cron',
        case
            when v_version is not null and not pydb_internal.cron_version_at_least(v_version, 1, 4) then 'error'
            when v_place.place = 'no_database' then 'error'
            when v_place.place = 'here' or v_version is not null and v_place.place = 'elsewhere' then 'ok'
            when v_place.place in ('elsewhere', 'hidden') and v_backend not in ('pydb', 'external') then 'unknown'
            when v_place.place in ('absent', 'elsewhere', 'hidden') and not v_needed then 'ok'
            else case when v_needed then 'error' else 'degraded' end
        end,
        case
            when v_version is not null and not pydb_internal.cron_version_at_least(v_version, 1, 4) then 'too_old'
            else v_place.place
        end,
        case v_place.place
            when 'here' then format('pg_cron %s is installed in this database', v_version)
            when 'elsewhere' then format('pg_cron %slives in database %I', v_version || ' ', v_place.cron_database)
            when 'not_created' then 'pg_cron is loaded for this database, the extension is missing'
            when 'not_loaded' then 'extension pg_cron is here, the server has not loaded its library'
            when 'no_database' then format('the database of pg_cron does not exist: %I', v_place.cron_database)
            when 'absent' then 'pg_cron is not loaded'
            else 'this role may not see whether pg_cron is loaded'
        end,
        case v_place.place
            when 'absent' then 'not needed where pydb schedule run fires the schedules'
            when 'no_database' then format('cron.database_name = %L: its launcher ends at once, no job starts',
                v_place.cron_database)
        end,
        case
            when v_version is not null and not pydb_internal.cron_version_at_least(v_version, 1, 4)
                then 'install pg_cron 1.4 or newer, restart, then: alter extension pg_cron update;'
            when v_place.place = 'not_created' then 'as a superuser: create extension pg_cron;'
            when v_place.place = 'no_database' then format('create database %I; then restart the server; or ',
                v_place.cron_database) || c_lines
            when v_place.place = 'not_loaded' or v_place.place = 'absent' and v_needed then c_lines
            when v_place.place = 'elsewhere' and v_version is null
                then pydb_internal.doctor_cron_hidden()
            when v_place.place = 'hidden' then format('grant pg_monitor to %I;', current_user)
        end;
    if v_place.place in ('here', 'elsewhere', 'not_created') and not pg_is_in_recovery() then
        return query select d.* from pydb_internal.doctor_cron_launcher(p_cron) as d;
    end if;
end
$$;

comment on function pydb_internal.doctor_cron(jsonb) is
'Rows of pydb.doctor about pg_cron: loaded, installed, in which database, launcher.';

revoke all on function pydb_internal.doctor_cron(jsonb) from public;
