-- pydb_internal.schedule_cron_query (cron): the one query that reads pg_cron's tables, as text: they may lie in another
-- database.
-- reads nothing (the query reads cron.job and cron.job_run_details)   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_cron_query()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format(
        $query$
        select pg_catalog.jsonb_build_object(
            'database', pg_catalog.current_database(),
            'role', current_user,
            'superuser', (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user),
            'sees_all', not pg_catalog.row_security_active('cron.job'),
            'version', (select e.extversion from pg_catalog.pg_extension as e where e.extname = 'pg_cron'),
            'host', (select s.setting from pg_catalog.pg_settings as s where s.name = 'cron.host'),
            'port', pg_catalog.current_setting('port')::integer,
            'jobs', (
                select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(j)), '[]')
                from cron.job as j
                where j.jobname ~ '^pydb[/.#]'
            ),
            -- of others too: one of them keeps the launcher from starting any
            'orphaned', (
                select coalesce(pg_catalog.jsonb_agg(pg_catalog.jsonb_build_object(
                    'jobid', j.jobid, 'name', j.jobname, 'role', j.username) order by j.jobid), '[]')
                from cron.job as j
                where not exists (select from pg_catalog.pg_roles as r where r.rolname = j.username)
            ),
            'runs', (
                select coalesce(pg_catalog.jsonb_agg(pg_catalog.to_jsonb(r)), '[]')
                from (
                    select distinct on (d.command)
                        d.command, d.runid, d.job_pid, d.username, d.status, d.return_message, d.start_time, d.end_time
                    from cron.job_run_details as d
                    where d.database = %1$L and d.command like 'call pydb.%%'
                        -- by the one index there is: the log of others may be as long as it likes
                        and d.runid > (select max(m.runid) - 100000 from cron.job_run_details as m)
                    order by d.command, d.runid desc
                ) as r
            )
        )
        $query$,
        current_database()
    )
$$;

comment on function pydb_internal.schedule_cron_query() is
'Text of the query that reads our jobs and the last run of each from pg_cron, as one jsonb document.
Run in this database by pydb_internal.schedule_cron(), in another one by the pydb program.';

revoke all on function pydb_internal.schedule_cron_query() from public;
