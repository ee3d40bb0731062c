-- pydb_internal.schedule_prune_statement (cron): the one statement that prunes pg_cron's log of our jobs, as text.
-- reads nothing (the statement deletes from cron.job_run_details)   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_prune_statement(p_keep interval, p_limit integer)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
set intervalstyle = 'postgres'
as $$
    -- a run that never started has no times at all: it goes when a later run of ours is old enough to go
    select format(
        'delete from cron.job_run_details where runid in (select d.runid from cron.job_run_details as d'
        || ' where d.database = %1$L and d.command like ''call pydb.%%'' and d.status in (''succeeded'', ''failed'')'
        || ' and d.runid <= (select max(o.runid) from cron.job_run_details as o'
        || ' where o.end_time < pg_catalog.now() - %2$L::interval)'
        || ' and coalesce(d.end_time, d.start_time, ''-infinity'') < pg_catalog.now() - %2$L::interval'
        || ' limit %3$s)',
        current_database(), p_keep, p_limit
    )
$$;

comment on function pydb_internal.schedule_prune_statement(interval, integer) is
'Text of a DELETE of at most p_limit finished rows of our jobs in cron.job_run_details that ended before p_keep ago.';

revoke all on function pydb_internal.schedule_prune_statement(interval, integer) from public;
