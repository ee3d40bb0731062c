-- pydb_internal.schedule_listed (jobs): the jobs that schedule_status shows: wanted ones, present
-- ones, and those held back.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_listed(p_cron jsonb)
returns table (
    job_name text,
    policy text,
    kind text,
    subject text,
    run_subject text,
    schedule text,
    wanted boolean,
    role text,
    present boolean,
    drift text,
    action text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- materialized: each is asked for once, not once a job
    with scheduled as materialized (select j.* from pydb_internal.schedule_jobs() as j),
    wanted as materialized (select w.job_name from pydb_internal.schedule_wanted(true) as w),
    missed as materialized (select w.job_name from pydb_internal.schedule_wanted() as w),
    action as materialized (
        select x.*
            from pydb_internal.schedule_actions(p_cron, pydb_internal.setting_get(p_name => 'schedule_role')) as x
            -- without pg_cron there is nothing to compare with
            where p_cron is not null
    ),

    fallback as materialized (
        select case
            when pydb_internal.setting_get(p_name => 'schedule_backend') not in ('pydb', 'external')
                then pydb_internal.setting_get(p_name => 'schedule_role')
        end as role
    )
    select
        coalesce(a.job_name, w.job_name), coalesce(a.policy, w.policy), coalesce(a.kind, w.kind),
        coalesce(a.subject, w.subject), coalesce(w.run_subject, a.subject), coalesce(w.schedule, a.schedule),
        w.job_name is not null, case when p_cron is not null then a.role else h.role end,
        case when p_cron is not null then a.jobid is not null end,
        case when p_cron is not null and a.action <> 'keep' then a.reason end,
        case when p_cron is not null then a.action end
    from (select s.* from scheduled as s where s.job_name in (select n.job_name from wanted as n)) as w
    full join (
        select x.* from action as x
        where x.action <> 'keep' or x.reason is null
    ) as a on a.job_name = w.job_name
    cross join fallback as h
    -- nobody misses a job that would have nothing to do
    where w.job_name is null or a.jobid is not null or w.job_name in (select n.job_name from missed as n)
    union all
    -- scheduled, but held back: shown, so that nobody wonders where it went
    select
        s.job_name, s.policy, s.kind, s.subject, s.run_subject, s.schedule, false, null,
        case when p_cron is not null then false end, null, null
    from scheduled as s
    where not s.wanted
        and not exists (select from action as x where x.job_name = s.job_name and x.action = 'remove')
$$;

comment on function pydb_internal.schedule_listed(jsonb) is
'One row a job, as in pydb.schedule_status, without what its runs and the clock say. action = what a sync
would do with it. run_subject = subject of its runs
in pydb.job_run; null = any of its kind.';

revoke all on function pydb_internal.schedule_listed(jsonb) from public;
