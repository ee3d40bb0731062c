-- pydb_internal.schedule_due (process; for pydb/scheduler.py): what pydb schedule run should start now.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.schedule_claim, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_due(p_now timestamptz default null)
returns table (job text, policy text, due_at timestamptz, kind text, subject text, command text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    -- a job is never late by less than a minute
    v_grace constant interval :=
        greatest(pydb_internal.setting_get(p_name => 'schedule_grace')::interval, interval '1 minute');
begin
    return query
    select w.job_name, w.policy, d.due_at, w.kind, w.subject, w.command
    from pydb_internal.schedule_wanted() as w
    -- of several missed times only the last is made up
    cross join lateral (select pydb_internal.cron_previous(w.schedule, v_now) as due_at) as d
    where d.due_at > v_now - v_grace
        -- not for a time before the job was as it is now
        and d.due_at > w.since
        and not exists (
            select from pydb.schedule_claim as c
            where c.job = w.job_name and c.due_at = d.due_at and not pydb_internal.schedule_claim_lost(c)
        )
    order by d.due_at, w.job_name;
end
$$;

comment on function pydb_internal.schedule_due(timestamptz) is
'Jobs whose time has come and that no process has taken, with the one CALL that each runs: the last time of each
schedule within schedule_grace and after the last change of the policy or the schedule. p_now = null: the server''s
clock.';

revoke all on function pydb_internal.schedule_due(timestamptz) from public;
