-- pydb_internal.doctor_runners (doctor; by doctor_rights): the role that runs each enabled policy and each scheduled
-- procedure, as far as it can be told.
-- reads pydb.retention_policy, pydb.schedule_source, pydb.scheduler, pg_roles   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_runners(p_cron jsonb)
returns table (
    policy text,
    procedure text,
    role text,
    origin text,
    exists_role boolean,
    is_super boolean,
    may_login boolean
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with job as (
        select a.job_name, a.policy, a.role
        from pydb_internal.schedule_actions(p_cron, pydb_internal.setting_get(p_name => 'schedule_role')) as a
        -- not those that a sync takes away, nor those that are not ours
        where a.jobid is not null and (a.action = 'update' or a.action = 'keep' and a.reason is null)
    ),
    other as (
        -- whoever asks is the last resort: he may be about to run it by hand
        select o.role, o.origin
        from (
            select
                (
                    select s.actor from pydb.scheduler as s
                    where s.stopped_at is null
                    order by s.heartbeat_at desc
                    limit 1
                ), 'scheduler', 1
            where pydb_internal.schedule_backend(p_cron) = 'pydb'
            union all
            select pydb_internal.setting_get(p_name => 'schedule_role'), 'setting', 2
            union all
            select current_user::text, 'caller', 3
        ) as o (role, origin, rank)
        where o.role is not null
        order by o.rank
        limit 1
    ),
    work as (
        -- a policy may be run by hand, a procedure as a whole is looked at once it is scheduled
        select
            p.name as policy, 'retention_run' as procedure, null as job_name,
            p.builtin and pg_relation_size(p.target) = 0 as idle
        from pydb.retention_policy as p
        where p.enabled
        union all
        select null, w.procedure, w.job_name, false
        from pydb_internal.schedule_wanted(true) as w
        where w.kind <> 'retention' and not w.housekeeping
    )
    select
        w.policy, w.procedure, u.role, u.origin, r.oid is not null, coalesce(r.rolsuper, false),
        coalesce(r.rolcanlogin, false)
    from work as w
    left join job as j on coalesce(j.policy = w.policy, j.job_name = w.job_name)
    cross join other as o
    cross join lateral (
        select coalesce(j.role, o.role) as role, case when j.role is null then o.origin else 'job' end as origin
    ) as u
    left join pg_roles as r on r.rolname = u.role
    -- what has nothing to do needs nobody, unless there is a job
    where j.role is not null or not w.idle
$$;

comment on function pydb_internal.doctor_runners(jsonb) is
'Role of each enabled policy, and of each procedure that is scheduled as a whole (policy null), and where it was found:
job (of pg_cron), scheduler (a live `pydb schedule run`), setting (schedule_role), or caller.';

revoke all on function pydb_internal.doctor_runners(jsonb) from public;
