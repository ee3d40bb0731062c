-- pydb_internal.schedule_require (cron; by schedule_sync): refuse where schedule_sync cannot reach pg_cron from this
-- session.
-- reads pg_extension, pg_settings   writes nothing   locks nothing
-- raises YD005 no right on pg_cron, YD502 pg_cron unusable, YD503 wrong database
create or replace function pydb_internal.schedule_require()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_place record;
    c_else constant text := '; or let `pydb schedule run` fire the schedules';
    v_detail text;
    v_hint text;
begin
    v_place := pydb_internal.schedule_place();
    if v_place.place = 'elsewhere' then
        raise exception using
            errcode = 'YD503',
            message = format('pg_cron lives in database %I, not in %I', v_place.cron_database, current_database()),
            detail = 'one session sees only its own database; the pydb program opens a second one',
            -- quoted for the shell
            hint = format('PGDATABASE=''%s'' pydb schedule sync', replace(current_database(), '''', E'''\\'''''));
    end if;
    if v_place.place = 'here' and not pydb_internal.cron_version_at_least(v_place.version, 1, 4) then
        v_detail := format('pg_cron %s is installed, 1.4 or newer is needed', v_place.version);
        v_hint := 'install a newer pg_cron, restart the server, then: alter extension pg_cron update;';
    elsif v_place.place = 'here' and not has_schema_privilege('cron', 'usage') then
        raise exception using
            errcode = 'YD005',
            message = format('role %I may not use pg_cron', current_user),
            detail = 'it has no USAGE on schema cron',
            hint = format('as a superuser: grant usage on schema cron to %I;', current_user);
    elsif v_place.place = 'here' then
        return;
    else
        v_detail := case v_place.place
            when 'not_created' then 'the server has loaded it for this database, the extension is missing'
            when 'no_database' then format('cron.database_name says %L, and there is no such database',
                v_place.cron_database)
            when 'not_loaded' then 'the extension is here, the server has not loaded its library'
            when 'absent' then 'the server has not loaded it'
            else 'it is not installed here, and this role may not see whether another database has it'
        end;
        v_hint := case v_place.place
            when 'not_created' then 'as a superuser: create extension pg_cron;'
            when 'hidden' then 'connect as a superuser or a member of pg_read_all_settings' || c_else
            else format(
                'in postgresql.conf: shared_preload_libraries = ''pg_cron'' and cron.database_name = %L; restart; '
                'then, as a superuser: create extension if not exists pg_cron' || c_else, current_database()
            )
        end;
    end if;
    raise exception using
        errcode = 'YD502', message = 'pg_cron cannot be used in this database', detail = v_detail, hint = v_hint;
end
$$;

comment on function pydb_internal.schedule_require() is
'Raises YD503 where pg_cron lives in another database, YD502 where it cannot be used at all, with the line that helps.';

revoke all on function pydb_internal.schedule_require() from public;
