-- pydb_internal.schedule_wanted (jobs): the jobs that there should be, whoever fires them.
-- reads pydb.schedule_source, pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_wanted(p_dormant boolean default false)
returns table (
    job_name text,
    policy text,
    kind text,
    subject text,
    schedule text,
    command text,
    since timestamptz,
    housekeeping boolean,
    procedure text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with live as materialized (
        select j.* from pydb_internal.schedule_jobs() as j
        where j.wanted and (p_dormant or not j.idle)
    )
    select l.job_name, l.policy, l.kind, l.subject, l.schedule, l.command, l.since, l.housekeeping, l.procedure
    from live as l
    -- only where there is something to keep house for
    where not l.housekeeping or exists (select from live as o where not o.housekeeping)
$$;

comment on function pydb_internal.schedule_wanted(boolean) is
'One row a job that should be scheduled: what has a schedule and is not held back, and housekeeping beside it. since =
no run is due for a time before this. p_dormant = also what is idle (a built-in policy whose table is empty): a job is
made for it, but nobody misses it.';

revoke all on function pydb_internal.schedule_wanted(boolean) from public;
