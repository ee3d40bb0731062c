-- pydb_internal.schedule_targets (jobs): the jobs that pg_cron should have.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_targets(p_cron jsonb)
returns table (
    job_name text,
    policy text,
    kind text,
    subject text,
    schedule text,
    command text,
    database text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        w.job_name, w.policy, w.kind, w.subject, w.schedule,
        -- pg_cron's own log can be pruned only where it lies
        case when h.is_there then pydb_internal.schedule_prune_statement(interval '30 days', 10000) else w.command end,
        case when h.is_there then p_cron ->> 'database' else current_database() end
    from pydb_internal.schedule_wanted(true) as w
    cross join lateral (
        select w.procedure = 'schedule_prune' and p_cron ->> 'database' <> current_database() as is_there
    ) as h
    -- in a subquery: asked once, not once a job
    where (select pydb_internal.setting_get(p_name => 'schedule_backend')) not in ('pydb', 'external')
$$;

comment on function pydb_internal.schedule_targets(jsonb) is
'Jobs that pg_cron should have, with command and database; none where another has been chosen. p_cron =
document of pydb_internal.schedule_cron_query.';

revoke all on function pydb_internal.schedule_targets(jsonb) from public;
