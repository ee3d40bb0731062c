-- pydb_internal.schedule_fired (cron): the last firing of each of our jobs in pg_cron, by the name of the job.
-- reads pydb.schedule_source, pydb.retention_policy   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_fired(p_cron jsonb)
returns table (
    job_name text,
    job_pid integer,
    status text,
    return_message text,
    start_time timestamptz,
    end_time timestamptz
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        coalesce(g.job_name, pydb_internal.schedule_job_name(s.job_prefix, c.subject)), d.job_pid, d.status,
        d.return_message, d.start_time, d.end_time
    from jsonb_to_recordset(p_cron -> 'runs') as d (
        command text, job_pid integer, status text, return_message text, start_time timestamptz, end_time timestamptz
    )
    left join pydb_internal.schedule_jobs() as g on g.command = d.command
    -- what has no schedule any more, or is written in another way
    left join lateral (
        select p.procedure, p.subject from pydb_internal.schedule_command_parse(d.command) as p
        where g.command is null
        limit 1 -- keeps the condition in front of the call
    ) as c on true
    left join pydb_internal.schedule_sources() as s
        on s.procedure = c.procedure and (s.subjects is null) = (c.subject is null)
    where g.command is not null or s.procedure is not null
$$;

comment on function pydb_internal.schedule_fired(jsonb) is
'Runs of p_cron (document of schedule_cron_query) that are of something that can be scheduled, with the name of its
job.';

revoke all on function pydb_internal.schedule_fired(jsonb) from public;
