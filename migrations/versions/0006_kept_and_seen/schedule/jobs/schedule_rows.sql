-- pydb_internal.schedule_rows (jobs): every scheduled job: wanted, present, drift, last run, next run.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.job_run, pydb.schedule_claim   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_rows(p_cron jsonb)
returns table (
    job_name text,
    policy text,
    backend text,
    schedule text,
    wanted boolean,
    present boolean,
    drift text,
    last_run timestamptz,
    last_status text,
    last_message text,
    next_run timestamptz,
    role text,
    run_id bigint,
    run_state text,
    run_reason text,
    kind text,
    subject text,
    drift_code text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- materialized: each is asked for once, not once a job
    with here as materialized (
        select
            pydb_internal.schedule_backend(p_cron) as backend,
            (select p.place from pydb_internal.schedule_place() as p) as place,
            -- from pg_cron 1.5 on the schedules are read in this time zone
            coalesce((select s.setting from pg_settings as s where s.name = 'cron.timezone'), 'UTC') as timezone
    ),
    job as materialized (
        select
            l.*, case
                when p_cron is null and l.wanted and (
                    h.backend = 'pg_cron' or h.backend = 'none' and h.place = 'hidden'
                ) then 'unknown'
                -- row-level security shows a role its own jobs
                when l.action = 'create' and h.backend = 'pg_cron' and not (p_cron ->> 'sees_all')::boolean
                    then 'unknown'
                else case l.action when 'create' then 'missing' when 'update' then 'changed' when 'remove' then 'extra'
                    end
            end as code
        from pydb_internal.schedule_listed(p_cron) as l
        cross join here as h
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
            when j.code = 'unknown' and p_cron is null then 'unknown: pg_cron cannot be read from this session'
            when j.code = 'unknown' then format('missing, or it belongs to another role than %I', p_cron ->> 'role')
            else j.drift
        end,
        l.fired_at, l.status, l.message,
        case
            when not j.wanted or h.backend = 'pg_cron' and j.present is not true then null
            else t.next_run
        end,
        j.role, r.id, r.state, r.stop_reason, j.kind, j.subject, j.code
    from job as j
    cross join here as h
    left join tick as t on t.schedule = j.schedule
    left join pydb_internal.schedule_runs(p_cron) as l on l.job_name = j.job_name
    left join lateral (
        -- two branches: each finds its run by an index
        (
            select q.id, q.state, q.stop_reason
            from pydb.job_run as q
            where j.run_subject is not null and q.kind = j.kind and q.subject = j.run_subject and not q.dry_run
            order by q.id desc
            limit 1
        )
        union all
        (
            select s.id, s.state, s.stop_reason
            from unnest(
                '{queued,running,completed,partial,blocked,failed,cancelled,interrupted,skipped}'::text[]
            ) as u (state)
            cross join lateral (
                select q.id, q.state, q.stop_reason
                from pydb.job_run as q
                where q.state = u.state and q.kind = j.kind and not q.dry_run
                order by q.started_at desc
                limit 1
            ) as s
            where j.run_subject is null and j.wanted
            order by s.id desc
            limit 1
        )
    ) as r on true
    order by j.job_name, j.wanted desc
$$;

comment on function pydb_internal.schedule_rows(jsonb) is
'Rows of pydb.schedule_status, with pg_cron''s document given by the caller: from this database, or from another one.';

revoke all on function pydb_internal.schedule_rows(jsonb) from public;
