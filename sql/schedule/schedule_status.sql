-- pydb.schedule_status: every scheduled job: wanted, present, drift, last run, next run; with and without pg_cron.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.job_run, cron.*   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.schedule_status as
select
    s.job_name,
    s.policy,
    s.backend,
    s.schedule,
    s.wanted,
    s.present,
    s.drift,
    s.last_run,
    s.last_status,
    s.last_message,
    s.next_run,
    s.role,
    s.run_id,
    s.run_state,
    s.run_reason,
    s.kind,
    s.subject,
    s.drift_code
from pydb_internal.schedule_rows(pydb_internal.schedule_cron()) as s;

comment on view pydb.schedule_status is
'Every scheduled job. Where pg_cron lives in another database, `pydb schedule status` sees more than this view.';
comment on column pydb.schedule_status.job_name is 'Name of the job in pg_cron.';
comment on column pydb.schedule_status.policy is 'Policy that it runs; null for jobs of other kinds.';
comment on column pydb.schedule_status.backend is
'Who fires it: pg_cron, pydb (a live `pydb schedule run`) or none.';
comment on column pydb.schedule_status.schedule is 'Cron expression, in UTC.';
comment on column pydb.schedule_status.wanted is 'True if it should fire: enabled, scheduled and not paused.';
comment on column pydb.schedule_status.present is
'True if pg_cron has it; null where pg_cron cannot be read or does not exist.';
comment on column pydb.schedule_status.drift is
'How pg_cron''s job differs from what it should be, null = not at all; pydb.schedule_sync() repairs it.';
comment on column pydb.schedule_status.last_run is
'Start of the last firing; null if there was none, or if it never got a connection (see last_status).';
comment on column pydb.schedule_status.last_status is
'How it went for the scheduler: succeeded, failed, running, interrupted; null = never fired.';
comment on column pydb.schedule_status.last_message is 'What the server answered, or the error.';
comment on column pydb.schedule_status.next_run is 'Next firing; null if nothing will fire it.';
comment on column pydb.schedule_status.role is 'Role that pg_cron runs it as.';
comment on column pydb.schedule_status.run_id is
'pydb.job_run.id of the last run of what it runs, whoever started it; null for housekeeping.';
comment on column pydb.schedule_status.run_state is 'State of that run.';
comment on column pydb.schedule_status.run_reason is 'Stop reason of that run.';
comment on column pydb.schedule_status.kind is
'What it is about: retention, cascade, orphans, or schedule for housekeeping (pydb.schedule_source.kind).';
comment on column pydb.schedule_status.subject is
'What the CALL names: the policy; null where the procedure runs as a whole.';
comment on column pydb.schedule_status.drift_code is
'drift as a word for programs: missing, changed, extra (it should not be there), or unknown (this role cannot see);
null = the job is as it should be.';

revoke all on pydb.schedule_status from public;
