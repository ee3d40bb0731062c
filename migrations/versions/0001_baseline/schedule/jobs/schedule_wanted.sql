-- pydb_internal.schedule_wanted (jobs): the jobs that there should be, whoever fires them.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_wanted(p_dormant boolean default false)
returns table (job_name text, policy text, schedule text, command text, since timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    with live as (
        select p.name, p.schedule, p.updated_at
        from pydb.retention_policy as p
        where p.schedule is not null and p.enabled and p.paused_at is null
            and (p_dormant or not (p.builtin and pg_relation_size(p.target) = 0))
    )
    select pydb_internal.schedule_job_name(l.name), l.name, l.schedule, pydb_internal.schedule_command(l.name),
        l.updated_at
    from live as l
    union all
    -- housekeeping: only where there is something to keep house for
    select pydb_internal.schedule_job_name(null), null, '25 4 * * *', pydb_internal.schedule_command(null), '-infinity'
    where exists (select from live as l)
$function$;

comment on function pydb_internal.schedule_wanted(boolean) is
'One row a job that should be scheduled: every enabled policy that has a schedule and is not paused, and one '
'housekeeping job (policy null). since = no run is due for a time before this. p_dormant = also built-in policies '
'whose table is empty: a job is made for them, but nobody misses it.';

revoke all on function pydb_internal.schedule_wanted(boolean) from public;
