-- pydb_internal.schedule_jobs (jobs): every job that has a schedule, also those that are held back, out of all sources.
-- reads pydb.schedule_source, pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_jobs()
returns table (
    job_name text,
    policy text,
    kind text,
    subject text,
    schedule text,
    command text,
    since timestamptz,
    wanted boolean,
    idle boolean,
    housekeeping boolean,
    run_subject text,
    procedure text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- name and command of thousands: the routines that make them are called for what needs more than a few words
    select
        case
            when octet_length(n.name) <= 63 and position('/' in current_database()) = 0 then n.name
            else pydb_internal.schedule_job_name(s.job_prefix, j.subject)
        end,
        case when s.kind = 'retention' then j.subject end, s.kind, j.subject, j.schedule,
        case
            when j.subject is null then pydb_internal.schedule_command(s.procedure, j.subject)
            else format('call pydb.%s(%L)', s.procedure, j.subject)
        end,
        j.since, j.wanted, j.idle, s.housekeeping, coalesce(s.run_subject, j.subject), s.procedure
    from pydb_internal.schedule_sources() as s
    cross join lateral pydb_internal.schedule_subjects(s.subjects, s.schedule, s.since) as j
    cross join lateral (select concat_ws('/', s.job_prefix, current_database(), j.subject) as name) as n
    where s.problem is null
$$;

comment on function pydb_internal.schedule_jobs() is
'One row a job with a schedule: its name in pg_cron, its one CALL, what it is about (kind, subject; policy = the subject
of kind retention), wanted = not held back, idle = nobody misses it, since = nothing is due before, and where its runs
are in pydb.job_run.';

revoke all on function pydb_internal.schedule_jobs() from public;
