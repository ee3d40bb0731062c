-- pydb_internal.doctor_cron_hidden (doctor): the line that lets this role see pg_cron's jobs, where it cannot.
-- reads pg_extension, pg_settings, pg_roles   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_cron_hidden()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p.place = 'here' then format('grant usage on schema cron to %I;', current_user)
        when p.place = 'elsewhere' then 'the pydb program looks into that database: pydb doctor' || case
            when r.rolsuper then ''
            else format('; this role needs there: grant usage on schema cron to %I;', current_user)
        end
        else format('grant pg_monitor to %I;', current_user)
    end
    from pydb_internal.schedule_place() as p
    cross join pg_roles as r
    where r.rolname = current_user
$$;

comment on function pydb_internal.doctor_cron_hidden() is
'What to do so that this role can see the jobs of pg_cron, whether that is in this database or in another one.';

revoke all on function pydb_internal.doctor_cron_hidden() from public;
