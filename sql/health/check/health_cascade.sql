-- pydb_internal.health_cascade (check; by health): cascade jobs that wait or fail, deletes that were not what was
-- planned, deadlines of erasures.
-- reads pydb.cascade_job, pydb.job_run, pydb.erasure_status   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_cascade(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_open constant text[] := (
        select coalesce(array_agg('job ' || j.id), '{}') from pydb.cascade_job as j
        where j.state in ('requested', 'approved', 'started')
    );
    v_figures jsonb;
    v_findings jsonb;
begin
    v_figures := jsonb_build_object(
        'jobs', (
            select coalesce(jsonb_object_agg(j.state, j.jobs), '{}')
            from (
                select o.state, count(*) as jobs from pydb.cascade_job as o
                where o.state in ('requested', 'approved', 'started')
                group by o.state
            ) as j
        ),
        'erasures', (
            select jsonb_build_object(
                'open', count(*), 'overdue', count(*) filter (where e.overdue),
                'due_soon', count(*) filter (where not e.overdue and e.days_left * 86400 < extract(
                    epoch from pydb_internal.setting_get(p_name => 'erasure_warning')::interval
                )), 'least_days_left', min(e.days_left)
            )
            from pydb.erasure_status as e
            where e.days_left is not null and e.imported_at is null
        )
    );
    select jsonb_agg(to_jsonb(f)) into v_findings
    from (
        select d.status, d.reason_code, d.summary, d.detail, d.hint from pydb_internal.doctor_cascade() as d
        where d.status <> 'ok'
        union all
        select
            'error', 'plan_mismatch', format('deletes that were not what was planned, and were undone: %s', count(*)),
            left(string_agg(format('run %s of %s: %s', r.id, r.subject, left(r.error, 200)), '; ' order by r.id desc),
                1000),
            'pydb runs show ' || max(r.id)
        from pydb.job_run as r
        where r.kind = 'cascade' and r.state = 'failed' and r.sqlstate = 'YD304'
            and r.started_at > p_now - interval '1 day'
        having count(*) > 0
    ) as f;
    return pydb_internal.health_say(
        v_figures, coalesce(v_findings, '[]') || pydb_internal.health_run_findings('cascade', v_open),
        format('%s jobs are open, none failed', cardinality(v_open))
    );
end
$$;

comment on function pydb_internal.health_cascade(timestamptz) is
'Component cascade: jobs that nothing will start, that failed or were left behind; deletes of the last day that were not
what was planned; erasures due soon or overdue.';

revoke all on function pydb_internal.health_cascade(timestamptz) from public;
