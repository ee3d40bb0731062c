-- pydb_internal.cron_check_seconds (cron; by cron_check): refuse a schedule in seconds where the installed pg_cron
-- cannot keep it.
-- reads pg_extension   writes nothing   locks nothing
-- raises YD501 bad schedule
create or replace function pydb_internal.cron_check_seconds(p_schedule text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_version text := (select e.extversion from pg_extension as e where e.extname = 'pg_cron');
begin
    if substring(p_schedule from '^[0-9]+')::integer > 59 then
        raise exception using
            errcode = 'YD501',
            message = format('bad schedule: %L is more than 59 seconds', p_schedule),
            detail = 'the form in seconds goes from 1 to 59',
            hint = 'write a cron expression of five fields, for example ''* * * * *'' for every minute';
    end if;
    if v_version is null or not pydb_internal.cron_version_at_least(v_version, 1, 5) then
        raise exception using
            errcode = 'YD501',
            message = format('bad schedule: %L needs pg_cron 1.5 or newer in this database', p_schedule),
            detail = format('installed pg_cron: %s', coalesce(v_version, 'none')),
            hint = 'write a cron expression of five fields, for example ''* * * * *'' for every minute';
    end if;
end
$$;

comment on function pydb_internal.cron_check_seconds(text) is
'Raises YD501 unless pg_cron 1.5 or newer is installed in this database and the number is 1 to 59.';

revoke all on function pydb_internal.cron_check_seconds(text) from public;
