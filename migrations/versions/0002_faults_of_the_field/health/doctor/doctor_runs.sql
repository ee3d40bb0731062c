-- pydb_internal.doctor_runs (doctor; by doctor): does the log take runs for live that nobody is at any more.
-- reads pydb.job_run, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_runs()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        'runs', case when r.dead > 0 then 'degraded' when r.hidden then 'unknown' else 'ok' end,
        case when r.dead > 0 then 'run_interrupted' when r.hidden then 'hidden' else 'none_interrupted' end,
        case
            when r.dead = 0 and r.hidden
                then 'this role may not see the server processes of runs that look live'
            when r.dead = 0 then 'no run was left behind by its server process'
            else format('runs that look live, but whose server process is gone: %s', r.dead)
        end,
        left(r.named, 1000),
        case when r.dead = 0 and r.hidden then format('grant pg_monitor to %I;', current_user) when r.dead > 0 then
            'the next run of the same marks it as interrupted and goes on: pydb retention run POLICY, '
            'pydb orphans repair REFERENCE, pydb cascade resume JOB'
        end
    from (
        select
            count(*) as dead,
            not pg_has_role('pg_read_all_stats', 'usage') and exists (
                select from pydb_internal.run_live(null, null) as l
                inner join pg_stat_activity as a on a.pid = l.pid and a.backend_start is null
            ) as hidden,
            string_agg(
                format(
                    'run %s of %s, last sign of life %s', d.id, d.subject,
                    to_char(d.heartbeat_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
                ), '; ' order by d.id
            ) as named
        from pydb_internal.run_dead(null, null) as d
    ) as r
$$;

comment on function pydb_internal.doctor_runs() is 'Row of pydb.doctor about runs whose server process is gone.';

revoke all on function pydb_internal.doctor_runs() from public;
