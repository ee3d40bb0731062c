-- pydb_internal.schedule_place (cron): where pg_cron is, seen from this database.
-- reads pg_extension, pg_settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_place(out place text, out cron_database text, out version text)
returns record
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- pg_settings and not current_setting: a session can invent cron.database_name where pg_cron is not loaded
    v_sees constant boolean := pg_has_role('pg_read_all_settings', 'usage');
begin
    select e.extversion into version from pg_extension as e where e.extname = 'pg_cron';
    select s.setting into cron_database from pg_settings as s where s.name = 'cron.database_name';
    place := case
        -- its launcher ends at once, wherever the extension is
        when cron_database is not null and not exists (
            select from pg_database as d where d.datname = cron_database
        ) then 'no_database'
        when version is not null and cron_database is null and v_sees then 'not_loaded'
        when version is not null then 'here'
        when cron_database = current_database() then 'not_created'
        when cron_database is not null then 'elsewhere'
        when v_sees then 'absent'
        else 'hidden'
    end;
end
$$;

comment on function pydb_internal.schedule_place() is
'place: here (installed in this database), elsewhere (pg_cron lives in cron_database), not_created (loaded for this
database, extension missing), no_database (cron_database does not exist), not_loaded (extension without its library),
absent (not loaded by the server), hidden (this role may not see, for want of pg_read_all_settings). version =
extversion, where it is here.';

revoke all on function pydb_internal.schedule_place() from public;
