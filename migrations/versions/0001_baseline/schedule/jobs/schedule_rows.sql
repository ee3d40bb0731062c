-- pydb_internal.schedule_rows (jobs): every scheduled job: wanted, present, drift, last run, next run.
-- reads pydb.retention_policy, pydb.job_run, pydb.schedule_claim, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_rows(p_cron jsonb)
returns table (
    job_name text, policy text, backend text, schedule text, wanted boolean, present boolean, drift text,
    last_run timestamptz, last_status text, last_message text, next_run timestamptz, role text,
    run_id bigint, run_state text, run_reason text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $function$
    -- materialized: each is asked for once, not once a job
    with here as materialized (
        select
            pydb_internal.schedule_backend(p_cron) as backend,
            -- from pg_cron 1.5 on the schedules are read in this time zone
            coalesce((select s.setting from pg_settings as s where s.name = 'cron.timezone'), 'UTC') as timezone
    ),
    action as materialized (
        select x.*
            from pydb_internal.schedule_actions(p_cron, pydb_internal.setting_get(p_name => 'schedule_role')) as x
    ),
    job as (
        select
            coalesce(a.job_name, w.job_name) as job_name, coalesce(a.policy, w.policy) as policy,
            coalesce(w.schedule, a.schedule) as schedule, w.job_name is not null as wanted, a.role,
            case when p_cron is not null then a.jobid is not null end as present,
            case when p_cron is not null and a.action <> 'keep' then a.reason end as drift
        from pydb_internal.schedule_wanted(true) as w
        full join (
            select x.* from action as x
            where x.action <> 'keep' or x.reason is null
        ) as a on a.job_name = w.job_name
        -- nobody misses a job that would have nothing to do
        where w.job_name is null or a.jobid is not null
            or w.job_name in (select n.job_name from pydb_internal.schedule_wanted() as n)
        union all
        -- scheduled, but held back: shown, so that nobody wonders where it went
        select pydb_internal.schedule_job_name(p.name), p.name, p.schedule, false, null,
            case when p_cron is not null then false end, null
        from pydb.retention_policy as p
        where p.schedule is not null and (not p.enabled or p.paused_at is not null)
            and not exists (
                select from action as x
                where x.job_name = pydb_internal.schedule_job_name(p.name) and x.action = 'remove'
            )
    ),
    tick as materialized (
        select
            u.schedule,
            (pydb_internal.cron_next(
                u.schedule, (statement_timestamp() at time zone h.timezone) at time zone 'UTC'
            ) at time zone 'UTC') at time zone h.timezone as next_run
        from (select distinct j.schedule from job as j where j.wanted) as u
        cross join here as h
        where h.backend <> 'none'
    )
    select
        j.job_name, j.policy, case when j.wanted or j.present then h.backend else 'none' end, j.schedule,
        j.wanted, j.present,
        case
            when h.backend <> 'pg_cron' then j.drift
            when p_cron is null and j.wanted then 'unknown: pg_cron cannot be read from this session'
            when j.drift = 'missing' and not (p_cron ->> 'sees_all')::boolean
                then format('missing, or it belongs to another role than %I', p_cron ->> 'role')
            else j.drift
        end,
        l.fired_at, l.status, l.message,
        case
            when not j.wanted or h.backend = 'pg_cron' and j.present is not true then null
            else t.next_run
        end,
        j.role, r.id, r.state, r.stop_reason
    from job as j
    cross join here as h
    left join tick as t on t.schedule = j.schedule
    left join pydb_internal.schedule_runs(p_cron) as l on l.job_name = j.job_name
    left join lateral (
        select q.id, q.state, q.stop_reason
        from pydb.job_run as q
        where q.kind = 'retention' and q.subject = j.policy and not q.dry_run
        order by q.id desc
        limit 1
    ) as r on true
    order by j.job_name, j.wanted desc
$function$;

comment on function pydb_internal.schedule_rows(jsonb) is
'Rows of pydb.schedule_status, with pg_cron''s document given by the caller: from this database, or from another one.';

revoke all on function pydb_internal.schedule_rows(jsonb) from public;
