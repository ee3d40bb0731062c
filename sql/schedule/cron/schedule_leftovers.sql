-- pydb_internal.schedule_leftovers (cron; by schedule_actions): the jobs of pg_cron that should not be, and those that
-- only look like ours.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_leftovers(p_cron jsonb, p_role text)
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
        k.job_name, case when k.kind = 'retention' then k.subject end,
        case when k.is_ours then 'remove' else 'keep' end,
        k.schedule, k.command, k.database, k.role,
        case
            when not k.is_ours then 'not ours: named like our jobs, but it does something else'
            when k.is_wanted then format('duplicate, runs as %I instead of %I', k.role, k.owner)
            else 'no such schedule any more'
        end,
        k.jobid,
        case when k.is_ours then array[format('select cron.unschedule(%s)', k.jobid)] else '{}' end,
        k.kind, k.subject
    from pydb_internal.schedule_known(p_cron, p_role) as k
    where (not k.is_wanted or k.role <> k.owner)
        and (k.is_ours or starts_with(k.job_name, 'pydb/' || current_database() || '/'))
$$;

comment on function pydb_internal.schedule_leftovers(jsonb, text) is
'Jobs of p_cron beside those that there should be: remove what is ours, with the statement that does it; keep, and tell
of, what is only named like the jobs of policies.';

revoke all on function pydb_internal.schedule_leftovers(jsonb, text) from public;
