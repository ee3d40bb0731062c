-- pydb_internal.schedule_present (cron): the jobs that pg_cron has under names like ours, and which of them
-- schedule_sync wrote.
-- reads pydb.schedule_source   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_present(p_cron jsonb)
returns table (
    jobid bigint,
    job_name text,
    schedule text,
    command text,
    database text,
    role text,
    host text,
    port integer,
    active boolean,
    kind text,
    subject text,
    is_ours boolean
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with prune as materialized (
        select
            pydb_internal.schedule_prune_statement(interval '30 days', 10000) as command,
            pydb_internal.schedule_job_name('pydb.schedule_prune', null) as job_name
    )

    select
        j.jobid, j.jobname, j.schedule, j.command, j.database, j.username, j.nodename, j.nodeport, j.active,
        coalesce(g.kind, s.kind), coalesce(g.subject, c.subject),
        case
            when j.command = h.command then j.jobname = h.job_name
            when g.job_name is not null then coalesce(j.database = current_database(), false)
            -- What can no longer be scheduled has left jobs that nobody else would name so.
            else coalesce(
                j.database = current_database() and c.procedure is not null
                and j.jobname = pydb_internal.schedule_job_name(
                    coalesce(s.job_prefix, 'pydb.' || c.procedure), c.subject)
                and (s.procedure is null or (s.subjects is null) = (c.subject is null)), false
            )
        end
    from jsonb_to_recordset(p_cron -> 'jobs') as j (
        jobid bigint, jobname text, schedule text, command text, nodename text, nodeport integer, database text,
        username text, active boolean
    )
    -- nearly all are as they should be; only what is not is taken apart
    left join pydb_internal.schedule_jobs() as g on g.job_name = j.jobname and g.command = j.command
    left join lateral (
        select p.procedure, p.subject from pydb_internal.schedule_command_parse(j.command) as p
        where g.job_name is null
        limit 1 -- keeps the condition in front of the call
    ) as c on true
    left join pydb_internal.schedule_sources() as s on s.procedure = c.procedure
    cross join prune as h
$$;

comment on function pydb_internal.schedule_present(jsonb) is
'Jobs of p_cron (document of schedule_cron_query), with kind and subject of what they call. is_ours = the name is
the one that schedule_sync gives to the command in this database; all else is left alone, however similar its name.';

revoke all on function pydb_internal.schedule_present(jsonb) from public;
