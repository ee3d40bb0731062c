-- pydb_internal.schedule_failures_add (cron; by schedule_prune): add firings that failed to the totals, before
-- pg_cron's log of them is pruned.
-- reads what schedule_failures reads   writes pydb.metric_total   locks nothing that anybody waits for
-- raises nothing
create or replace function pydb_internal.schedule_failures_add()
returns void
language plpgsql
security definer -- adds what it counts itself
set search_path = pg_catalog, pg_temp
as $$
declare
    v_failures jsonb;
begin
    -- one at a time: who finds another at it leaves it to him
    if not pg_try_advisory_xact_lock(hashtextextended('pydb.schedule_failures', 0)) then
        return;
    end if;
    v_failures := pydb_internal.schedule_failures();
    insert into pydb.metric_total (metric, subsystem, subject, label, value, at)
    select 'job_failures', 'schedule', f.job_name, f.reason, f.failures, clock_timestamp()
    from jsonb_to_recordset(v_failures) as f (job_name text, reason text, failures bigint);
    -- where it goes on: the sum of these is the last run that was counted
    insert into pydb.metric_total (metric, subsystem, value)
    select 'job_cursor', 'schedule', max(f.until_run) - (
        select coalesce(sum(t.value), 0) from pydb.metric_total as t
        where t.subsystem = 'schedule' and t.subject = '' and t.metric = 'job_cursor'
    )
    from jsonb_to_recordset(v_failures) as f (until_run bigint)
    having max(f.until_run) is not null;
end
$$;

comment on function pydb_internal.schedule_failures_add() is
'Counts on from where it stopped; pydb.metric shows the sum of the totals and of what came since.';

revoke all on function pydb_internal.schedule_failures_add() from public;
