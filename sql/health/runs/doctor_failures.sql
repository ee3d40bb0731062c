-- pydb_internal.doctor_failures (runs; by doctor): which subjects did not end well the last time they ran, whoever
-- started that: by hand, or a scheduler that pydb does not see.
-- reads pydb.job_run, pydb.retention_policy, pydb.cascade_job, pydb.reference, what pydb.schedule_status reads
-- writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_failures(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with last as (
        -- a rehearsal, a run that did not start and one that somebody stopped leave it as it was; but not one whose
        -- turn never came because its call was stopped
        select distinct on (r.kind, r.subject) r.*
        from pydb.job_run as r
        where not r.dry_run and r.state not in ('queued', 'running') and (
            r.state not in ('skipped', 'cancelled') or (r.state = 'skipped' and r.stop_reason = 'cancelled')
        )
        order by r.kind, r.subject, r.id desc
    ),

    failed as (
        select
            l.id, l.subject, format(
                'run %s of %s, %s (%s) at %s%s', l.id, l.subject, l.state, l.stop_reason,
                to_char(coalesce(l.finished_at, l.heartbeat_at) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'),
                coalesce(': ' || left(l.error, 200), '')
            ) as named,
            coalesce(pydb_internal.run_advice(l), 'see: pydb runs show ' || l.id) as advice
        from last as l
        where l.state in ('failed', 'blocked', 'interrupted', 'skipped')
            -- what is no longer there, or is through, will not run again
            and case
                when l.subject in ('every policy', 'every job') then not exists ( -- they could not even be listed
                    select from pydb.job_run as r where r.kind = l.kind and r.id > l.id and r.batches > 0
                )
                when l.kind = 'retention'
                    then exists (select from pydb.retention_policy as p where p.name = l.subject and p.enabled)
                when l.kind = 'cascade' then exists (
                    select from pydb.cascade_job as j
                    where l.subject = 'job ' || j.id and j.state in ('requested', 'approved', 'started')
                )
                when l.subject like 'repair %'
                    then exists (select from pydb_internal.orphan_references(substr(l.subject, 8)))
                else true
            end
            -- of which the jobs tell already
            and not exists (
                select from pydb_internal.schedule_rows(p_cron) as s
                where s.wanted and s.run_id = l.id and s.last_status in ('failed', 'interrupted')
            )
    )

    select
        'runs', 'degraded', 'run_failed', format('did not end well the last time: %s', count(*)),
        left(string_agg(f.named, '; ' order by f.id desc), 8000),
        left(string_agg(format('%s: %s', f.subject, f.advice), '; ' order by f.id desc), 1000)
    from failed as f
    having count(*) > 0
$$;

comment on function pydb_internal.doctor_failures(jsonb) is
'Row of pydb.doctor about policies, jobs, repairs and scans whose last run failed, was blocked or was cut off, until a
later one of the same ends well; none where there is none, or where the jobs of the schedule say it already.';

revoke all on function pydb_internal.doctor_failures(jsonb) from public;
