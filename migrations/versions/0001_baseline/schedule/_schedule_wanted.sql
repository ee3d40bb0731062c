-- pydb._schedule_wanted: the jobs that there should be, whoever fires them.
-- reads pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._schedule_wanted()
returns table (job_name text, policy text, schedule text, command text, since timestamptz)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    select pydb._schedule_job_name(p.name), p.name, p.schedule, pydb._schedule_command(p.name), p.updated_at
    from pydb.retention_policy as p
    where p.schedule is not null and p.enabled and p.paused_at is null
    union all
    -- housekeeping: only where there is something to keep house for
    select pydb._schedule_job_name(null), null, '25 4 * * *', pydb._schedule_command(null), '-infinity'
    where exists (
        select from pydb.retention_policy as p
        where p.schedule is not null and p.enabled and p.paused_at is null
    )
$function$;

comment on function pydb._schedule_wanted() is
'One row a job that should be scheduled: every enabled policy that has a schedule and is not paused, and one '
'housekeeping job (policy null). since = no run is due for a time before this.';

revoke all on function pydb._schedule_wanted() from public;
