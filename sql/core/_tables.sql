-- pydb core tables: settings, the run log and the audit log that every domain shares.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

create table pydb.setting (
    name text not null,
    value text,
    description text not null,
    updated_at timestamptz not null default pg_catalog.now(),
    updated_by text not null default session_user,
    constraint setting_pkey primary key (name)
);

comment on table pydb.setting is
'Kill switch and defaults; read again before every batch. Change with pydb.setting_set(name, value).';
comment on column pydb.setting.name is 'Name of the setting.';
comment on column pydb.setting.value is 'Value as text; null means not set.';
comment on column pydb.setting.description is 'What the setting does, its unit and its bounds.';
comment on column pydb.setting.updated_at is 'When the value was last changed.';
comment on column pydb.setting.updated_by is 'Login role that changed the value.';

insert into pydb.setting (name, value, description) values
('kill_switch', 'off', 'on stops every deleting run within one batch and keeps new ones from starting (boolean)'),
('min_keep', '1 hour', 'shortest keep that a policy may have without p_allow_short (interval)'),
('batch_target', '250 ms', 'time that one batch aims for, where the policy names none (interval, 10 ms to 60 s)'),
('lock_timeout', '200 ms', 'longest wait of a batch for a lock before it goes around it (interval, 10 ms to 60 s)'),
('retry_limit', '5', 'attempts at one batch that fails for a passing reason (integer, 0 to 100)'),
('job_run_keep', '90 days', 'ended runs stay in job_run this long; null = for ever (interval, 1 day to 100 years)'),
('stale_after', '15 min', 'a run whose backend cannot be seen is taken for dead after this silence (interval)'),
('schedule_backend', 'auto', 'who fires schedules: auto, pg_cron or pydb (the pydb schedule run process)'),
('schedule_grace', '1 hour', 'how late pydb schedule run still makes up for a missed schedule (interval)');

create table pydb.job_run (
    id bigint generated always as identity,
    kind text not null,
    subject text not null,
    dry_run boolean not null default false,
    state text not null,
    stop_reason text,
    rows_planned bigint,
    rows_done bigint not null default 0,
    rows_skipped bigint not null default 0,
    batches bigint not null default 0,
    cutoff timestamptz,
    started_at timestamptz not null,
    heartbeat_at timestamptz not null,
    finished_at timestamptz,
    actor text not null default session_user,
    sqlstate text,
    error text,
    detail jsonb not null default '{}'::jsonb,
    request uuid,
    pid integer,
    backend_start timestamptz,
    constraint job_run_pkey primary key (id),
    constraint job_run_kind_check check (kind in ('retention', 'cascade', 'orphans', 'idempotency', 'archive')),
    constraint job_run_state_check check (
        state in (
            'queued', 'running', 'completed', 'partial', 'blocked', 'failed', 'cancelled', 'interrupted', 'skipped'
        )
    ),
    constraint job_run_stop_reason_check check (
        stop_reason in (
            'exhausted', 'row_budget', 'time_budget', 'window', 'fuse', 'governor', 'held', 'locked', 'referenced',
            'paused', 'kill_switch', 'no_progress', 'standby', 'error', 'cancelled'
        )
    ),
    constraint job_run_ended_check check ((state in ('queued', 'running')) = (stop_reason is null)),
    constraint job_run_finished_at_check check ((state in ('queued', 'running')) = (finished_at is null))
);

-- one live run per subject: the second insert fails, whoever makes it
create unique index job_run_live_key on pydb.job_run (kind, subject) where state = 'running' and not dry_run;
-- the few that run are looked for at the start of each run and by every list of runs
create index job_run_running_idx on pydb.job_run (kind, subject) where state = 'running';
create index job_run_subject_idx on pydb.job_run (kind, subject, id);
create index job_run_request_idx on pydb.job_run (request) where request is not null;
create index job_run_started_at_idx on pydb.job_run (started_at);

comment on table pydb.job_run is 'One row a run: what it did, how it ended and why. Written only by pydb''s routines.';
comment on column pydb.job_run.id is 'Run id.';
comment on column pydb.job_run.kind is 'Domain of the run: retention, cascade, orphans, idempotency, archive.';
comment on column pydb.job_run.subject is 'What ran, for example the name of the policy.';
comment on column pydb.job_run.dry_run is 'True if the run only looked.';
comment on column pydb.job_run.state is
'queued, running, completed, partial, blocked, failed, cancelled, interrupted (its backend is gone) or skipped.';
comment on column pydb.job_run.stop_reason is
'Why it ended: exhausted, row_budget, time_budget, window, fuse, governor, held, locked, referenced, paused, '
'kill_switch, no_progress, standby, error or cancelled.';
comment on column pydb.job_run.rows_planned is
'Rows that the plan counted at the start; null if it never came to that.';
comment on column pydb.job_run.rows_done is 'Rows deleted, committed with each batch.';
comment on column pydb.job_run.rows_skipped is 'Rows that should have gone and stayed (locked or referenced).';
comment on column pydb.job_run.batches is 'Committed batches.';
comment on column pydb.job_run.cutoff is 'Rows older than this expire; read once per run.';
comment on column pydb.job_run.started_at is 'Start, by the server''s clock.';
comment on column pydb.job_run.heartbeat_at is 'Last sign of life, set with each batch.';
comment on column pydb.job_run.finished_at is 'End; null while it runs.';
comment on column pydb.job_run.actor is 'Login role that started the run.';
comment on column pydb.job_run.sqlstate is 'SQLSTATE of the error that ended it or was met last.';
comment on column pydb.job_run.error is 'Message of that error.';
comment on column pydb.job_run.detail is 'Position to resume from, warnings, counts per relation.';
comment on column pydb.job_run.request is 'Id given by the caller, to find his runs again.';
comment on column pydb.job_run.pid is 'Server process of the run.';
comment on column pydb.job_run.backend_start is
'Start of that process: pid and backend_start together name it for good.';

create table pydb.audit_log (
    id bigint generated always as identity,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    actor text not null default session_user,
    action text not null,
    subject text not null,
    arguments jsonb not null default '{}'::jsonb,
    run_id bigint,
    constraint audit_log_pkey primary key (id)
);

comment on table pydb.audit_log is
'Who changed or deleted what, when and with which arguments. Append-only: update, delete and truncate are refused.';
comment on column pydb.audit_log.id is 'Running number.';
comment on column pydb.audit_log.at is 'When, by the server''s clock.';
comment on column pydb.audit_log.actor is 'Login role (session_user), which SET ROLE does not change.';
comment on column pydb.audit_log.action is 'Routine or event, for example retention_policy_set.';
comment on column pydb.audit_log.subject is 'What it was done to, for example the name of the policy.';
comment on column pydb.audit_log.arguments is 'Arguments, and the old and new values of what changed.';
comment on column pydb.audit_log.run_id is 'pydb.job_run.id, where the event belongs to a run.';

revoke all on pydb.setting, pydb.job_run, pydb.audit_log from public;

create table pydb_internal.schema_object (
    kind text not null,
    identity text not null,
    lines jsonb not null,
    revision text not null,
    server_major integer not null,
    installed_at timestamptz not null default pg_catalog.now(),
    constraint schema_object_pkey primary key (kind, identity)
);

comment on table pydb_internal.schema_object is
'What each object of schema pydb was like when a migration had just made it; pydb.migrate_check compares.';
comment on column pydb_internal.schema_object.kind is
'Kind of the object: schema, table, view, routine, index, trigger, …';
comment on column pydb_internal.schema_object.identity is
'Qualified name; of a routine with the types of its arguments.';
comment on column pydb_internal.schema_object.lines is
'Property (body, comment, column x, …) to hash; owner and grants to roles left out.';
comment on column pydb_internal.schema_object.revision is 'Revision that made or last changed the object.';
comment on column pydb_internal.schema_object.server_major is 'Major version of the server that took the hashes.';
comment on column pydb_internal.schema_object.installed_at is 'When that was.';

create table pydb_internal.schema_source (
    path text not null,
    sha256 text not null,
    revision text not null,
    installed_at timestamptz not null default pg_catalog.now(),
    constraint schema_source_pkey primary key (path)
);

comment on table pydb_internal.schema_source is 'The SQL files that the database was made from.';
comment on column pydb_internal.schema_source.path is 'File, for example retention/retention_plan.sql.';
comment on column pydb_internal.schema_source.sha256 is 'SHA-256 of its bytes, in hex.';
comment on column pydb_internal.schema_source.revision is 'Revision that installed this text.';
comment on column pydb_internal.schema_source.installed_at is 'When that was.';

revoke all on pydb_internal.schema_object, pydb_internal.schema_source from public;
