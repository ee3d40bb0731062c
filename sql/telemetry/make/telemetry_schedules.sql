-- pydb_internal.telemetry_schedules (make; by schedule_subjects): the schedules of telemetry, as pydb.schedule_source
-- asks for them.
-- reads pydb.telemetry   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_schedules()
returns table (subject text, schedule text, wanted boolean, idle boolean, since timestamptz)
language sql
stable
security definer -- who syncs schedules need not read the table
set search_path = pg_catalog, pg_temp
as $$
    select t.name, t.schedule, true, false, t.updated_at
    from pydb.telemetry as t
    where t.schedule is not null
$$;

comment on function pydb_internal.telemetry_schedules() is 'One row a schema with telemetry whose job has a schedule.';

revoke all on function pydb_internal.telemetry_schedules() from public;
