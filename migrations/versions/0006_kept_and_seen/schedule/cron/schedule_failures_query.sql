-- pydb_internal.schedule_failures_query (cron; by schedule_failures): the query that counts firings that failed, as
-- text.
-- reads nothing (the query reads cron.job_run_details)   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_failures_query()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select $query$
    select coalesce(jsonb_agg(to_jsonb(f)), '[]')
    from (
        select pydb_internal.schedule_job_name(s.job_prefix, c.subject) as job_name, case
                when d.return_message ~* 'job startup timeout' then 'startup_timeout'
                when d.return_message ~* 'connection|could not connect' then 'connection'
                when d.return_message ~* 'terminat|cancel' then 'terminated'
                else 'error'
            end as reason, count(*) as failures, max(d.runid) as until_run
        from cron.job_run_details as d
        cross join lateral pydb_internal.schedule_command_parse(d.command) as c
        inner join pydb_internal.schedule_sources() as s
            on s.procedure = c.procedure and (s.subjects is null) = (c.subject is null)
        where d.runid > $1 and d.status = 'failed' and d.database = $2
        group by 1, 2
    ) as f
    $query$;
$$;

comment on function pydb_internal.schedule_failures_query() is
'Text of a query with two parameters: the last run that was counted, and the database.';

revoke all on function pydb_internal.schedule_failures_query() from public;
