-- pydb_internal.schedule_actions (cron): compare the jobs that should be with those that are, and say what to do: the
-- only place that decides it.
-- reads pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_actions(p_cron jsonb, p_role text)
returns table (
    job_name text, policy text, action text, schedule text, command text, database text, role text, reason text,
    jobid bigint, statements text[]
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    with wanted as (
        select w.job_name, w.policy, w.schedule, h.command, h.database
        from pydb_internal.schedule_wanted(true) as w
        cross join lateral (
            -- pg_cron's own log can be pruned only where it lies
            select
                case when w.policy is null and p_cron ->> 'database' <> current_database()
                    then pydb_internal.schedule_prune_statement(interval '30 days', 10000) else w.command
                end as command,
                case when w.policy is null then p_cron ->> 'database' else current_database() end as database
        ) as h
        -- in a subquery: asked once, not once a job
        where (select pydb_internal.setting_get(p_name => 'schedule_backend')) <> 'pydb'
    ),
    present as (
        select j.*
        from jsonb_to_recordset(p_cron -> 'jobs') as j (
            jobid bigint, jobname text, schedule text, command text, nodename text, nodeport integer,
            database text, username text, active boolean
        )
    ),
    -- Ours is what bears the name of a wanted job and belongs to its role, and what is named like our jobs and also
    -- does what they do. All else is left alone, however similar its name.
    known as (
        select
            p.*, w.job_name is not null as is_wanted,
            coalesce(p_role, first_value(p.username) over (
                partition by p.jobname order by pydb_internal.schedule_is_command(p.command) desc, p.jobid
            )) as owner
        from present as p
        left join wanted as w on w.job_name = p.jobname
    ),
    matched as (
        select
            w.*, k.jobid, k.schedule as old_schedule, k.command as old_command,
            coalesce(k.owner, p_role, p_cron ->> 'role') as role,
            array_remove(array[
                case when k.jobid is null then 'missing' end,
                case when k.schedule <> w.schedule then format('schedule was %L', k.schedule) end,
                case when k.command <> w.command then format('command was %L', k.command) end
            ], null) as easy,
            array_remove(array[
                case when not k.active then 'was inactive' end,
                case when k.jobid is not null and to_regrole(quote_ident(k.username)) is null
                    then format('role %I is gone', k.username) end,
                case when k.database <> w.database then format('database was %L', k.database) end,
                case when (p_cron ->> 'host') <> k.nodename
                    or (p_cron ->> 'port')::integer <> k.nodeport
                    then format('host was %s:%s', k.nodename, k.nodeport) end
            ], null) as hard
        from wanted as w
        left join known as k on k.jobname = w.job_name and k.username = k.owner
    )
    select
        m.job_name, m.policy,
        case when m.jobid is null then 'create' when m.easy || m.hard = '{}' then 'keep' else 'update' end,
        m.schedule, m.command, m.database, m.role, nullif(array_to_string(m.easy || m.hard, '; '), ''), m.jobid,
        case
            when m.easy || m.hard = '{}' then '{}'
            -- pg_cron changes database, host and active of a job only for a superuser, so it is made anew
            when m.hard <> '{}' then array[format('select cron.unschedule(%s)', m.jobid)]
            else '{}'
        end
        || case
            when m.easy || m.hard = '{}' then '{}'
            when m.database = p_cron ->> 'database' and m.role = p_cron ->> 'role' then array[
                format('select cron.schedule(%L, %L, %L)', m.job_name, m.schedule, m.command)
            ]
            else array[format(
                'select cron.schedule_in_database(%L, %L, %L, %L, %L)',
                m.job_name, m.schedule, m.command, m.database, m.role
            )]
        end
    from matched as m
    union all
    select
        k.jobname, pydb_internal.schedule_command_policy(k.command),
        case when o.is_ours then 'remove' else 'keep' end,
        k.schedule, k.command, k.database, k.username,
        case
            when not o.is_ours then 'not ours: named like our jobs, but it does something else'
            when k.is_wanted then format('duplicate, runs as %I instead of %I', k.username, k.owner)
            else 'no such schedule any more'
        end,
        k.jobid, case when o.is_ours then array[format('select cron.unschedule(%s)', k.jobid)] else '{}' end
    from known as k
    cross join lateral pydb_internal.schedule_is_ours(k.jobname, k.command, k.database) as o (is_ours)
    where (not k.is_wanted or k.username <> k.owner)
        and (o.is_ours or starts_with(k.jobname, 'pydb/' || current_database() || '/'))
    order by 1, 3
$function$;

comment on function pydb_internal.schedule_actions(jsonb, text) is
'Wanted jobs against those in p_cron (document of schedule_cron_query): job_name, policy, action (create, '
'update, remove, keep), and the statements that do it where pg_cron lives. p_role = the role that jobs must belong '
'to; null = whoever has them.';

revoke all on function pydb_internal.schedule_actions(jsonb, text) from public;
