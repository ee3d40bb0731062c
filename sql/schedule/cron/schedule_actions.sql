-- pydb_internal.schedule_actions (cron): what a sync does with each job, of those that should be and of those that
-- should not.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_actions(p_cron jsonb, p_role text)
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
    select c.* from pydb_internal.schedule_changes(p_cron, p_role) as c
    union all
    select l.* from pydb_internal.schedule_leftovers(p_cron, p_role) as l
    order by 1, 3
$$;

comment on function pydb_internal.schedule_actions(jsonb, text) is
'Wanted jobs against those in p_cron (document of pydb_internal.schedule_cron_query): job_name, policy, action (create,
update, remove, keep), and the statements that do it where pg_cron lives. p_role = the role that jobs must belong
to; null = whoever has them.';

revoke all on function pydb_internal.schedule_actions(jsonb, text) from public;
