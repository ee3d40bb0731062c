-- pydb_internal.doctor_runs (doctor; by doctor): does the log take runs for live that nobody is at any more.
-- reads pydb.job_run, pydb.retention_policy, pydb.cascade_job, pydb.reference, pg_stat_activity
-- writes nothing   locks nothing
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
            coalesce(
                'the next run of anything marks it as interrupted; to go on: ' || r.again,
                'the next run of anything marks it as interrupted, also a rehearsal: pydb retention run --dry-run'
            )
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
            ) as named,
            -- only of what is still there
            string_agg(distinct case
                when r.kind = 'retention' and p.name is not null
                    then pydb_internal.shell_command('pydb retention run', array[p.name])
                when r.kind = 'cascade' and j.id is not null then 'pydb cascade resume ' || j.id
                when r.kind = 'orphans' and r.subject = 'scan' then 'pydb orphans scan'
                when r.kind = 'orphans' and r.subject like 'repair %' and exists (
                    select from pydb_internal.orphan_references(substr(r.subject, 8))
                ) then pydb_internal.shell_command('pydb orphans repair', array[substr(r.subject, 8)])
            end, '; ') as again
        from pydb_internal.run_dead(null, null) as d
        inner join pydb.job_run as r on r.id = d.id
        left join pydb.retention_policy as p on r.kind = 'retention' and p.name = r.subject
        left join pydb.cascade_job as j on r.kind = 'cascade' and r.subject = 'job ' || j.id
    ) as r
$$;

comment on function pydb_internal.doctor_runs() is 'Row of pydb.doctor about runs whose server process is gone.';

revoke all on function pydb_internal.doctor_runs() from public;
