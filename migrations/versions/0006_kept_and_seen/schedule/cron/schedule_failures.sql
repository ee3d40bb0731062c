-- pydb_internal.schedule_failures (cron): firings of our jobs that failed in pg_cron since they were last added to the
-- totals.
-- reads cron.job_run_details, pydb.metric_total   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_failures()
returns jsonb
language plpgsql
stable
security definer -- pg_cron shows a role its own jobs alone; how many firings failed is for everybody who asks
set search_path = pg_catalog, pg_temp
set row_security = on -- as pydb_internal.schedule_cron
as $$
declare
    v_found jsonb;
begin
    if pydb_internal.extension_relation('pg_cron', 'cron', 'job_run_details') is null
        or not exists (select from pg_namespace as n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
    then
        return '[]'::jsonb;
    end if;
    execute pydb_internal.schedule_failures_query() into v_found using (
        select coalesce(sum(t.value), 0)::bigint from pydb.metric_total as t
        where t.subsystem = 'schedule' and t.subject = '' and t.metric = 'job_cursor'
    ), current_database();
    return v_found;
end
$$;

comment on function pydb_internal.schedule_failures() is
'Array of objects: job_name, reason (startup_timeout, connection, terminated, error), failures, and until_run, the last
one in cron.job_run_details; of runs after the one up to which pydb.metric_total has them.';

revoke all on function pydb_internal.schedule_failures() from public;
