-- pydb_internal.doctor_cascade (doctor): do cascade jobs wait that nothing will start; did an
-- entity stop asking for a second person; is the deadline of an erasure near or over.
-- reads pydb.cascade_job, pydb.erasure_status, pydb.job_run, pydb.schedule_source, pydb.audit_log, pydb.setting
-- writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_cascade()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        'cascade', 'degraded', 'not_scheduled', format('cascade jobs that nothing will start: %s', w.jobs), w.named,
        'pydb schedule set cascade_run ''*/10 * * * *''; then: pydb schedule sync; at once: pydb cascade resume'
    from (
        select
            count(*) as jobs,
            left(string_agg(
                format(
                    'job %s may start at %s', j.id,
                    to_char(j.not_before at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
                ), '; ' order by j.id
            ), 1000) as named
        from pydb.cascade_job as j
        where (j.state in ('approved', 'started') or j.state = 'requested' and not j.approval)
            -- who deletes at once does it by hand
            and (j.not_before > j.requested_at + interval '1 min' or j.not_before < now() - interval '1 hour')
            and not exists (select from pydb.job_run as r where r.id = j.run_id and r.state = 'running')
    ) as w
    where w.jobs > 0 and not exists (
        select from pydb_internal.schedule_sources() as s where s.procedure = 'cascade_run' and s.schedule is not null
    )
    union all
    select
        'cascade', 'degraded', 'terms_lowered',
        format('entities that ask for less approval or grace than a week ago: %s', count(*)),
        left(string_agg(
            format(
                '%s, by %s (%s) at %s', l.entity, l.actor, l.statement,
                to_char(l.at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
            ), '; ' order by l.entity
        ), 1000),
        'if that was not agreed, set it again with its terms: pydb entity set; it is in pydb.audit_log'
    from pydb_internal.entity_lowered() as l
    having count(*) > 0
    union all
    select
        'erasure', case when bool_or(e.overdue) then 'error' else 'degraded' end,
        case when bool_or(e.overdue) then 'overdue' else 'due_soon' end,
        case when bool_or(e.overdue) then format(
            'erasures beyond their deadline: %s, the oldest by %s days', count(*) filter (where e.overdue),
            round(- min(e.days_left), 1)
        ) else format('erasures due soon: %s, the next in %s days', count(*), round(min(e.days_left), 1)) end,
        left(string_agg(
            format(
                '%s of entity %s, %s, due at %s', coalesce('job ' || e.job, e.id::text), e.entity, e.state,
                to_char(e.deadline at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
            ), '; ' order by e.deadline, e.id
        ), 1000),
        'pydb erasure list --open; pydb cascade resume; or refuse it: pydb cascade cancel JOB'
    from pydb.erasure_status as e
    where e.days_left * 86400 < extract(epoch from pydb_internal.setting_get(p_name => 'erasure_warning')::interval)
        and e.imported_at is null
    having count(*) > 0
$$;

comment on function pydb_internal.doctor_cascade() is
'Row of pydb.doctor about cascade jobs that wait for their time, or have waited for an hour, while pydb.cascade_run is
not scheduled; and about entities whose approval or grace was lowered within a week;
about erasures that are not done: degraded where a deadline is nearer than the setting erasure_warning, error where one
is over.';

revoke all on function pydb_internal.doctor_cascade() from public;
