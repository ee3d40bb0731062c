-- pydb_internal.health_schedule (check; by health): does something fire the schedules, are the jobs there, how did they
-- go last.
-- reads what pydb.schedule_status reads, pydb.job_run, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_schedule(p_cron jsonb, p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cron constant jsonb := coalesce(p_cron, pydb_internal.health_cron());
    v_backend constant text := pydb_internal.schedule_backend(v_cron);
    v_place constant record := pydb_internal.schedule_place();
    -- what fires cannot be asked from here: the log of runs tells whether it does
    v_is_blind constant boolean :=
        v_backend = 'external' or v_backend = 'pg_cron' and v_cron is null and v_place.place = 'elsewhere';
    v_jobs jsonb;
    v_figures jsonb;
    v_findings jsonb;
begin
    if pg_is_in_recovery() then
        return pydb_internal.health_say('{"backend": "none"}', '[]', 'a standby: nothing is to run here');
    end if;
    select
        jsonb_build_object(
            'backend', v_backend, 'pg_cron', v_place.place, 'pg_cron_version', coalesce(
                v_place.version, v_cron ->> 'version'
            ), 'jobs', count(*), 'wanted', count(*) filter (where j.wanted),
            'active', count(*) filter (where j.is_active), 'failing', count(*) filter (where j.status = 'failed'),
            'last_fired_at', max(j.fired_at)
        ),
        jsonb_agg(to_jsonb(j)) filter (where j.code is not null or j.status in ('failed', 'interrupted'))
    into v_figures, v_jobs
    from pydb_internal.health_jobs(v_cron) as j;
    select jsonb_agg(to_jsonb(f)) into v_findings
    from (
        -- who may not see whether pg_cron is there cannot say that nothing fires
        select
            case when h.is_hidden then 'unknown' else d.status end as status,
            case when h.is_hidden then 'scheduler_hidden' else d.reason_code end as reason_code,
            case when h.is_hidden then 'this role may not see whether pg_cron is loaded' else d.summary end as summary,
            d.detail, case when h.is_hidden then format('grant pg_monitor to %I;', session_user) else d.hint end as hint
        from (
            select * from pydb_internal.doctor_scheduler(v_cron)
            union all
            select * from pydb_internal.doctor_cron(v_cron)
            union all
            select * from pydb_internal.doctor_cron_connection(v_cron)
            union all
            select * from pydb_internal.doctor_sources()
        ) as d
        cross join lateral (select d.reason_code = 'no_scheduler' and v_place.place = 'hidden' as is_hidden) as h
        -- whether pg_cron is there is no matter while nothing has a schedule
        where d.status <> 'ok' and not (v_is_blind and d.reason_code in ('pg_cron_hidden', 'elsewhere'))
            and ((v_figures ->> 'wanted')::integer > 0 or d.component in ('scheduler', 'jobs'))
        union all
        select * from pydb_internal.health_job_findings(v_jobs, (v_figures ->> 'jobs')::bigint) as j
        where not (v_is_blind and j.reason_code = 'jobs_hidden')
        union all
        select
            case when bool_and(m.is_missed) then 'error' else 'degraded' end, 'not_fired',
            format('jobs that did not run when it was time: %s of %s', count(*) filter (where m.is_missed), count(*)),
            left(string_agg(format('%s (%s)', m.job_name, to_char(
                m.due_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI"Z"'
            )), ', ' order by m.due_at, m.job_name) filter (where m.is_missed), 1000),
            case v_backend
                when 'external' then 'look at what fires them; what ran: pydb runs list'
                else 'the program looks into that database: pydb health schedule'
            end
        from pydb_internal.health_missed(p_now) as m
        where v_is_blind
        having bool_or(m.is_missed)
    ) as f;
    return pydb_internal.health_say(
        jsonb_strip_nulls(v_figures), v_findings, case
            when (v_figures ->> 'wanted')::integer = 0
                then 'nothing has a schedule: runs are started by hand or by others'
            when v_is_blind then format(
                '%s jobs are left to %s, and ran when it was time', v_figures ->> 'wanted', case v_backend
                    when 'external' then 'something that pydb does not see'
                    else format('the pg_cron of database %I', v_place.cron_database)
                end
            )
            when v_backend = 'pydb' then format(
                '%s jobs are fired by pydb schedule run%s', v_figures ->> 'wanted', case
                    when v_place.place in ('absent', 'hidden') then '; pg_cron is not here' else '' end
            )
            else format('%s jobs are fired by pg_cron %s', v_figures ->> 'wanted', v_figures ->> 'pg_cron_version')
        end
    );
end
$$;

comment on function pydb_internal.health_schedule(jsonb, timestamptz) is
'Component schedule: who fires it (pg_cron, pydb schedule run, something else, nobody), jobs that are missing or not as
they should be, jobs whose last run failed. Where what fires them cannot be asked (setting schedule_backend = external,
a pg_cron in another database), jobs that did not run when it was time.';

revoke all on function pydb_internal.health_schedule(jsonb, timestamptz) from public;
