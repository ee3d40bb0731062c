-- pydb_internal.health_jobs (check): the scheduled jobs: are they there as they should be, and how did they go last.
-- reads what pydb.schedule_status reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_jobs(p_cron jsonb)
returns table (
    job_name text,
    kind text,
    subject text,
    run_subject text,
    schedule text,
    wanted boolean,
    is_active boolean,
    code text,
    drift text,
    fired_at timestamptz,
    status text,
    message text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- without the next times: to look for them takes longer than all the rest
    with here as materialized (
        select pydb_internal.schedule_backend(p_cron) as backend, pydb_internal.scheduler_alive() as is_alive,
            (select p.place from pydb_internal.schedule_place() as p) as place
    ),

    job as materialized (
        select
            l.*, h.backend, h.is_alive, case
                when p_cron is null and l.wanted and (
                    h.backend = 'pg_cron' or h.backend = 'none' and h.place = 'hidden'
                ) then 'unknown'
                when l.action = 'create' and h.backend = 'pg_cron' and not (p_cron ->> 'sees_all')::boolean
                    then 'unknown'
                else case l.action when 'create' then 'missing' when 'update' then 'changed' when 'remove' then 'extra'
                    end
            end as code
        from pydb_internal.schedule_listed(p_cron) as l
        cross join here as h
    )
    select
        j.job_name, j.kind, j.subject, j.run_subject, j.schedule, j.wanted,
        case
            when j.code = 'unknown' or j.backend = 'external' then null
            when j.backend = 'pydb' then j.wanted and j.is_alive
            when j.backend = 'pg_cron' then j.wanted and j.present and j.code is null
            else false
        end,
        case when j.backend = 'pg_cron' or j.code in ('unknown', 'extra') then j.code end, j.drift, r.fired_at,
        r.status, r.message
    from job as j
    left join pydb_internal.schedule_runs(p_cron) as r on r.job_name = j.job_name
    order by j.job_name;
$$;

comment on function pydb_internal.health_jobs(jsonb) is
'One row a job: wanted, is_active (there, as it should be, and something fires it; null = it cannot be told), code
(missing, changed, extra, unknown; null = as it should be), when it was fired last and how that went.';

revoke all on function pydb_internal.health_jobs(jsonb) from public;
