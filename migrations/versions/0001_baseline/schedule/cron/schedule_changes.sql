-- pydb_internal.schedule_changes (cron; by schedule_actions): compare the jobs that should be with those that are, and
-- say what to do for each.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_changes(p_cron jsonb, p_role text)
returns table (
    job_name text,
    policy text,
    action text,
    schedule text,
    command text,
    database text,
    role text,
    reason text,
    jobid bigint,
    statements text[],
    kind text,
    subject text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        t.job_name, t.policy,
        case when k.jobid is null then 'create' when d.easy || d.hard = '{}' then 'keep' else 'update' end,
        t.schedule, t.command, t.database, d.role, nullif(array_to_string(d.easy || d.hard, '; '), ''), k.jobid,
        case
            when d.easy || d.hard = '{}' then '{}'
            -- pg_cron changes database, host and active of a job only for a superuser, so it is made anew
            else pydb_internal.schedule_statements(
                p_cron, case when d.hard <> '{}' then k.jobid end, t.job_name, t.schedule, t.command, t.database, d.role
            )
        end,
        t.kind, t.subject
    from pydb_internal.schedule_targets(p_cron) as t
    left join pydb_internal.schedule_known(p_cron, p_role) as k on k.job_name = t.job_name and k.role = k.owner
    cross join lateral (
        select
            coalesce(k.owner, p_role, p_cron ->> 'role') as role,
            array_remove(array[
                case when k.jobid is null then 'missing' end,
                case when k.schedule <> t.schedule then format('schedule was %L', k.schedule) end,
                case when k.command <> t.command then format('command was %L', k.command) end
            ], null) as easy,
            array_remove(array[
                case when not k.active then 'was inactive' end,
                case when k.jobid is not null and to_regrole(quote_ident(k.role)) is null
                    then format('role %I is gone', k.role) end,
                case when k.database <> t.database then format('database was %L', k.database) end,
                case when (p_cron ->> 'host') <> k.host or (p_cron ->> 'port')::integer <> k.port
                    then format('host was %s:%s', k.host, k.port) end
            ], null) as hard
    ) as d
$$;

comment on function pydb_internal.schedule_changes(jsonb, text) is
'One row a job that there should be: create, update or keep, why, and the statements that do it where pg_cron lives.
p_cron = document of pydb_internal.schedule_cron_query; p_role = the role that jobs must belong to; null = whoever has
them.';

revoke all on function pydb_internal.schedule_changes(jsonb, text) from public;
