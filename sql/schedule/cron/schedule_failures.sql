-- pydb_internal.schedule_failures (cron): firings of our jobs that failed in pg_cron since they were last added to the
-- totals.
-- reads cron.job_run_details, pydb.metric_total   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_failures()
returns table (job_name text, reason text, failures bigint, until_run bigint)
language plpgsql
stable
security definer -- pg_cron shows a role its own jobs alone; how many firings failed is for everybody who asks
set search_path = pg_catalog, pg_temp
as $$
begin
    if pydb_internal.extension_relation('pg_cron', 'cron', 'job_run_details') is null
        or not exists (select from pg_namespace as n where n.nspname = 'cron' and has_schema_privilege(n.oid, 'usage'))
    then
        return;
    end if;
    return query execute
        'select pydb_internal.schedule_job_name(s.job_prefix, c.subject), case
                when d.return_message ~* ''job startup timeout'' then ''startup_timeout''
                when d.return_message ~* ''connection|could not connect'' then ''connection''
                when d.return_message ~* ''terminat|cancel'' then ''terminated''
                else ''error''
            end, count(*), max(d.runid)::bigint
        from cron.job_run_details as d
        cross join lateral pydb_internal.schedule_command_parse(d.command) as c
        inner join pydb_internal.schedule_sources() as s
            on s.procedure = c.procedure and (s.subjects is null) = (c.subject is null)
        where d.runid > $1 and d.status = ''failed'' and d.database = $2
        group by 1, 2'
        using (
            select coalesce(sum(t.value), 0)::bigint from pydb.metric_total as t
            where t.subsystem = 'schedule' and t.subject = '' and t.metric = 'job_cursor'
        ), current_database();
end
$$;

comment on function pydb_internal.schedule_failures() is
'Job, reason (startup_timeout, connection, terminated, error), how often, and the last run in cron.job_run_details, of
runs after the one up to which pydb.metric_total has them.';

revoke all on function pydb_internal.schedule_failures() from public;
