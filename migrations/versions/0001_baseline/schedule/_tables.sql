-- pydb schedule tables: the processes `pydb schedule run` and what each of them took to run.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, nullable, description) values
(
    'schedule_role', null, 'role', true,
    'role that pg_cron runs the jobs as; null = the role that calls schedule_sync (role name)'
);

insert into pydb.schedule_source (procedure, kind, job_prefix, schedule, housekeeping, description) values
(
    'schedule_prune', 'schedule', 'pydb.schedule_prune', '25 4 * * *', true,
    'removes old lines about pydb''s jobs from the logs of pg_cron and of pydb schedule run'
);

create table pydb.scheduler (
    id uuid not null,
    host text not null,
    os_pid integer not null,
    version text not null,
    actor text not null default session_user,
    started_at timestamptz not null default pg_catalog.clock_timestamp(),
    heartbeat_at timestamptz not null default pg_catalog.clock_timestamp(),
    stopped_at timestamptz,
    running integer not null default 0,
    message text,
    constraint scheduler_pkey primary key (id)
);

comment on table pydb.scheduler is 'One row a process of `pydb schedule run`: where it runs and its last sign of life.';
comment on column pydb.scheduler.id is 'Id that the process drew at its start.';
comment on column pydb.scheduler.host is 'Name of its machine.';
comment on column pydb.scheduler.os_pid is 'Process id there.';
comment on column pydb.scheduler.version is 'Version of the pydb program.';
comment on column pydb.scheduler.actor is 'Login role it works as.';
comment on column pydb.scheduler.started_at is 'Start, by the server''s clock.';
comment on column pydb.scheduler.heartbeat_at is 'Last sign of life; every 10 s while it has a connection.';
comment on column pydb.scheduler.stopped_at is 'Set when it stopped in an orderly way.';
comment on column pydb.scheduler.running is 'Jobs it was running at the last sign of life.';
comment on column pydb.scheduler.message is 'Why it runs nothing at present; null = it runs what is due.';

create table pydb.schedule_claim (
    job text not null,
    due_at timestamptz not null,
    attempt integer not null default 1,
    scheduler uuid not null,
    pid integer not null,
    backend_start timestamptz not null,
    claimed_at timestamptz not null default pg_catalog.clock_timestamp(),
    finished_at timestamptz,
    outcome text,
    sqlstate text,
    message text,
    constraint schedule_claim_pkey primary key (job, due_at),
    constraint schedule_claim_outcome_check check (outcome in ('succeeded', 'failed', 'interrupted')),
    constraint schedule_claim_finished_at_check check ((finished_at is null) = (outcome is null))
);

comment on table pydb.schedule_claim is
'One row a job and due time that a `pydb schedule run` took; the primary key lets no two of them run it.';
comment on column pydb.schedule_claim.job is 'Name of the job, as in pydb.schedule_status.';
comment on column pydb.schedule_claim.due_at is 'Time of the schedule that this run is for.';
comment on column pydb.schedule_claim.attempt is 'Counts up when a run that was interrupted is taken again; at most 3.';
comment on column pydb.schedule_claim.scheduler is 'pydb.scheduler.id of the process that took it.';
comment on column pydb.schedule_claim.pid is 'Server process of the run.';
comment on column pydb.schedule_claim.backend_start is
'Start of that process: pid and backend_start together tell whether the run can still be alive.';
comment on column pydb.schedule_claim.claimed_at is 'When it was taken.';
comment on column pydb.schedule_claim.finished_at is 'When the run ended; null while it runs, or if its process died.';
comment on column pydb.schedule_claim.outcome is
'succeeded, failed, or interrupted (taken again within schedule_grace).';
comment on column pydb.schedule_claim.sqlstate is 'SQLSTATE of the error that ended it.';
comment on column pydb.schedule_claim.message is 'Message of that error.';

revoke all on pydb.scheduler, pydb.schedule_claim from public;
