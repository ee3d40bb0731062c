-- pydb._schedule_last: the last time a job was fired, by pg_cron or by pydb schedule run, and how it went.
-- reads pydb.schedule_claim, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._schedule_last(
    p_job_name text, p_command text, p_cron jsonb, out at timestamptz, out status text, out message text
)
returns record
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    select l.at, l.status, l.message
    from (
        (
            select
                -- a run that never got a connection has no times in pg_cron 1.4
                coalesce(d.start_time, d.end_time) as at,
                case when d.status in ('succeeded', 'failed') then d.status else 'running' end as status,
                nullif(btrim(d.return_message), '') as message
            from jsonb_to_recordset(p_cron -> 'runs') as d (
                command text, status text, return_message text, start_time timestamptz, end_time timestamptz
            )
            where d.command = p_command
        )
        union all
        (
            select
                c.claimed_at,
                coalesce(c.outcome, case when pydb._schedule_backend_alive(c.pid, c.backend_start)
                    then 'running' else 'interrupted' end),
                c.message
            from pydb.schedule_claim as c
            where c.job = p_job_name
            order by c.due_at desc
            limit 1
        )
    ) as l
    order by l.at desc nulls first
    limit 1
$function$;

comment on function pydb._schedule_last(text, text, jsonb) is
'Last firing of a job: at (null = it never got as far as a connection), status succeeded, failed, running or '
'interrupted, and what the server said.';

revoke all on function pydb._schedule_last(text, text, jsonb) from public;
