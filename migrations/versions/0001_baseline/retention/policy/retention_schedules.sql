-- pydb_internal.retention_schedules (policy; by schedule_subjects): the schedules of policies, as pydb.schedule_source
-- asks for them.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_schedules()
returns table (subject text, schedule text, wanted boolean, idle boolean, since timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        p.name, p.schedule, p.enabled and p.paused_at is null, p.builtin and pg_relation_size(p.target) = 0,
        p.updated_at
    from pydb.retention_policy as p
    where p.schedule is not null
$$;

comment on function pydb_internal.retention_schedules() is
'One row a policy with a schedule: wanted = enabled and not paused; idle = a built-in one whose table is empty, so that
nobody misses its job; since = no run is due for a time before this.';

revoke all on function pydb_internal.retention_schedules() from public;
