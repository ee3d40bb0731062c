-- pydb.retention_job_log: the runs of retention policies, newest last.
-- reads pydb.job_run, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.retention_job_log as
select
    r.id,
    r.kind,
    r.subject,
    r.dry_run,
    r.state,
    r.stop_reason,
    r.rows_planned,
    r.rows_done,
    r.rows_skipped,
    r.batches,
    r.cutoff,
    r.started_at,
    r.heartbeat_at,
    r.finished_at,
    r.actor,
    r.sqlstate,
    r.error,
    r.plan || r.detail as detail,
    r.request,
    r.pid,
    pydb_internal.run_is_dead(r) as is_dead
from pydb.job_run as r
where r.kind = 'retention';

comment on view pydb.retention_job_log is 'Runs of retention policies, one row each; subject is the policy.';
comment on column pydb.retention_job_log.id is 'Run id.';
comment on column pydb.retention_job_log.kind is 'Always retention.';
comment on column pydb.retention_job_log.subject is 'Name of the policy.';
comment on column pydb.retention_job_log.dry_run is 'True if the run only looked.';
comment on column pydb.retention_job_log.state is 'State of the run, see pydb.job_run.';
comment on column pydb.retention_job_log.stop_reason is 'Why it ended, see pydb.job_run.';
comment on column pydb.retention_job_log.rows_planned is 'Rows that the plan counted at the start.';
comment on column pydb.retention_job_log.rows_done is 'Rows deleted.';
comment on column pydb.retention_job_log.rows_skipped is 'Rows that should have gone and stayed.';
comment on column pydb.retention_job_log.batches is 'Committed batches.';
comment on column pydb.retention_job_log.cutoff is 'Rows older than this expired.';
comment on column pydb.retention_job_log.started_at is 'Start.';
comment on column pydb.retention_job_log.heartbeat_at is 'Last sign of life.';
comment on column pydb.retention_job_log.finished_at is 'End; null while it runs.';
comment on column pydb.retention_job_log.actor is 'Login role that started it.';
comment on column pydb.retention_job_log.sqlstate is 'SQLSTATE of the error met last.';
comment on column pydb.retention_job_log.error is 'Message of that error.';
comment on column pydb.retention_job_log.detail is 'Position, warnings, counts per relation.';
comment on column pydb.retention_job_log.request is 'Id given by the caller.';
comment on column pydb.retention_job_log.pid is 'Server process of the run.';
comment on column pydb.retention_job_log.is_dead is
'True: state says running, but its server process is gone, or has gone on to something else.';

revoke all on pydb.retention_job_log from public;
