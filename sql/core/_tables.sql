-- pydb core tables: settings, the run log and the audit log that every domain shares.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

create table pydb.setting (
    name text not null,
    value text,
    description text not null,
    updated_at timestamptz not null default pg_catalog.now(),
    updated_by text not null default session_user,
    value_type text not null default 'text',
    nullable boolean not null default false,
    min_value text,
    max_value text,
    choices text[],
    owner_only boolean not null default false,
    constraint setting_pkey primary key (name),
    constraint setting_value_type_check check (
        value_type in ('boolean', 'integer', 'bigint', 'numeric', 'interval', 'text', 'role', 'choice')
    ),
    constraint setting_bounds_check check (
        min_value is null and max_value is null or value_type in ('integer', 'bigint', 'numeric', 'interval')
    ),
    constraint setting_choices_check check ((choices is null) = (value_type <> 'choice'))
);

comment on table pydb.setting is
'Kill switch and defaults; read again before every batch. Change with pydb.setting_set(name, value).';
comment on column pydb.setting.name is 'Name of the setting.';
comment on column pydb.setting.value is 'Value as text; null means not set.';
comment on column pydb.setting.description is 'What the setting does, its unit and its bounds.';
comment on column pydb.setting.updated_at is 'When the value was last changed.';
comment on column pydb.setting.updated_by is 'Login role that changed the value.';
comment on column pydb.setting.value_type is
'What a value is: boolean, integer, bigint, numeric, interval, text, role (one that exists) or choice (one of choices).
Numbers and intervals are finite; the parts of an interval have one sign; a text is not empty.';
comment on column pydb.setting.nullable is 'True if it may be not set (null).';
comment on column pydb.setting.min_value is
'Least value of a number or an interval; null = no bound but that of its type.';
comment on column pydb.setting.max_value is
'Greatest value of a number or an interval; null = no bound but that of its type. A month counts as 30 days.';
comment on column pydb.setting.choices is 'The values of a choice; null for other types.';
comment on column pydb.setting.owner_only is
'True: pydb.setting_set changes it only for a superuser, or a member of the role that owns pydb.';

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, choices, description) values
(
    'kill_switch', 'off', 'boolean', false, null, null, null,
    'on stops every deleting run within one batch and keeps new ones from starting (boolean)'
),
(
    'min_keep', '1 hour', 'interval', false, '1 us', '5000 years', null,
    'shortest keep that a policy may have without p_allow_short (interval)'
),
(
    'batch_target', '250 ms', 'interval', false, '10 ms', '60 s', null,
    'time that one batch aims for, where the policy names none (interval, 10 ms to 60 s)'
),
(
    'lock_timeout', '200 ms', 'interval', false, '10 ms', '60 s', null,
    'longest wait of a batch for a lock before it goes around it (interval, 10 ms to 60 s)'
),
(
    'retry_limit', '5', 'integer', false, '0', '100', null,
    'attempts at one batch that fails for a passing reason (integer, 0 to 100)'
),
(
    'job_run_keep', '90 days', 'interval', true, '1 day', '100 years', null,
    'ended runs stay in job_run this long; null = for ever (interval, 1 day to 100 years)'
),
(
    'stale_after', '15 min', 'interval', false, '1 min', '100 years', null,
    'a run whose backend cannot be seen is taken for dead after this silence (interval)'
),
(
    'schedule_backend', 'auto', 'choice', false, null, null, '{auto,pg_cron,pydb,external}',
    'who fires schedules: auto, pg_cron, pydb (the pydb schedule run process) or external (something that pydb '
    || 'does not see, and judges by its runs)'
),
(
    'schedule_grace', '1 hour', 'interval', false, '0', '100 years', null,
    'how late pydb schedule run still makes up for a missed schedule (interval)'
);

create table pydb.schedule_source (
    procedure text not null,
    schedule text,
    description text not null,
    updated_at timestamptz not null default pg_catalog.now(),
    updated_by text not null default session_user,
    kind text not null,
    subjects text,
    job_prefix text not null,
    run_subject text,
    housekeeping boolean not null default false,
    constraint schedule_source_pkey primary key (procedure),
    constraint schedule_source_job_prefix_key unique (job_prefix),
    constraint schedule_source_procedure_check check (procedure ~ '^[a-z][a-z0-9_]{0,62}$'),
    constraint schedule_source_subjects_check check (subjects ~ '^[a-z_]+[.][a-z0-9_]+$'),
    constraint schedule_source_schedule_check check (schedule is null or subjects is null),
    constraint schedule_source_job_prefix_check check (job_prefix ~ '^pydb([.][a-z0-9_]+)?$')
);

comment on table pydb.schedule_source is
'What can be scheduled: one row a procedure, brought along by its domain. pydb.schedule_set changes a schedule,
pydb.schedule_sync and pydb schedule run follow.';
comment on column pydb.schedule_source.procedure is 'Procedure of schema pydb; a job is exactly one CALL of it.';
comment on column pydb.schedule_source.schedule is
'Cron expression of the procedure as a whole, in UTC; null = not scheduled, or by subject.';
comment on column pydb.schedule_source.description is 'What a job does.';
comment on column pydb.schedule_source.updated_at is 'When the schedule was last changed; nothing is due before it.';
comment on column pydb.schedule_source.updated_by is 'Login role that changed it.';
comment on column pydb.schedule_source.kind is 'Domain; kind of its runs in pydb.job_run, where they leave any.';
comment on column pydb.schedule_source.subjects is
'Routine that lists what has a schedule of its own (subject, schedule, wanted, idle, since), each a job that names its
subject in the CALL; null = the procedure is one job.';
comment on column pydb.schedule_source.job_prefix is
'Beginning of the names of its jobs: prefix/database, or prefix/database/subject.';
comment on column pydb.schedule_source.run_subject is
'pydb.job_run.subject of its runs; null = the subject of the job, or any where it has none.';
comment on column pydb.schedule_source.housekeeping is 'True: it has a job only while something else is scheduled.';

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
    plan jsonb not null default '{}'::jsonb,
    run_kind text,
    statement text default pg_catalog.left(
        substring(
            pg_catalog.left(pg_catalog.current_query(), 400)
            from '^[[:space:]]*([[:alpha:]]+([[:space:]]+[[:alnum:]_."]+)?)'
        ), 130
    ),
    wal_bytes bigint,
    governor_indicator text,
    governor_signal text,
    governor_since timestamptz,
    governor_reason text,
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
            'paused', 'kill_switch', 'no_progress', 'standby', 'error', 'cancelled', 'wal_budget'
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
-- a list of one state, newest first, costs what it shows, however long the log is
create index job_run_state_idx on pydb.job_run (state, kind, started_at, id);

comment on table pydb.job_run is 'One row a run: what it did, how it ended and why. Written only by pydb''s routines.';
comment on column pydb.job_run.id is 'Run id.';
comment on column pydb.job_run.kind is 'Domain of the run: retention, cascade, orphans, idempotency, archive.';
comment on column pydb.job_run.subject is 'What ran, for example the name of the policy.';
comment on column pydb.job_run.dry_run is 'True if the run only looked.';
comment on column pydb.job_run.state is
'queued, running, completed, partial, blocked, failed, cancelled, interrupted (its backend is gone) or skipped.';
comment on column pydb.job_run.stop_reason is
'Why it ended: exhausted, row_budget, time_budget, window, fuse, governor, held, locked, referenced, paused, '
'kill_switch, no_progress, standby, error, cancelled or wal_budget.';
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
comment on column pydb.job_run.plan is
'What it set out to do, while it runs: rows per relation, and the like. At its end that is in detail.';
comment on column pydb.job_run.run_kind is
'Kind of the run engine (retention, cascade, orphan_scan, orphan_repair); null for what was one transaction.';
comment on column pydb.job_run.statement is
'First words of the statement that it was made by, such as call pydb.retention_run: others mean that somebody called
pydb''s private routines himself.';
comment on column pydb.job_run.wal_bytes is
'WAL that the server wrote while its batches were at work, by whomever: what it wrote itself and, at most, what others
wrote meanwhile. Without its commits, its pauses, and batches that were undone; null = not measured.';
comment on column pydb.job_run.governor_indicator is 'What it rests for, or goes slower for; null = nothing.';
comment on column pydb.job_run.governor_signal is 'slow = it goes slower; stop or unknown = it rests; null = neither.';
comment on column pydb.job_run.governor_since is 'Since when.';
comment on column pydb.job_run.governor_reason is 'What the indicator says, with its value and its threshold.';

create table pydb.audit_log (
    id bigint generated always as identity,
    at timestamptz not null default pg_catalog.clock_timestamp(),
    actor text not null default session_user,
    action text not null,
    subject text not null,
    arguments jsonb not null default '{}'::jsonb,
    run_id bigint,
    pid integer default pg_catalog.pg_backend_pid(),
    statement text default pg_catalog.left(
        substring(
            pg_catalog.left(pg_catalog.current_query(), 400)
            from '^[[:space:]]*([[:alpha:]]+([[:space:]]+[[:alnum:]_."]+)?)'
        ), 130
    ),
    constraint audit_log_pkey primary key (id)
);

-- what belongs to a run, and what a person asked for
create index audit_log_run_id_idx on pydb.audit_log (run_id) where run_id is not null;
create index audit_log_request_idx on pydb.audit_log ((arguments ->> 'request')) where action = 'audit_note';

comment on table pydb.audit_log is
'Who changed or deleted what, when and with which arguments. Append-only: update, delete and truncate are refused.';
comment on column pydb.audit_log.id is 'Running number.';
comment on column pydb.audit_log.at is 'When, by the server''s clock.';
comment on column pydb.audit_log.actor is 'Login role (session_user), which SET ROLE does not change.';
comment on column pydb.audit_log.action is 'Routine or event, for example retention_policy_set.';
comment on column pydb.audit_log.subject is 'What it was done to, for example the name of the policy.';
comment on column pydb.audit_log.arguments is 'Arguments, and the old and new values of what changed.';
comment on column pydb.audit_log.run_id is 'pydb.job_run.id, where the event belongs to a run.';
comment on column pydb.audit_log.pid is 'Server process that entered it.';
comment on column pydb.audit_log.statement is
'First words of the statement that it came from, such as select pydb.retention_policy_set.';

revoke all on pydb.setting, pydb.schedule_source, pydb.job_run, pydb.audit_log from public;

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

create table pydb_internal.run_kind (
    name text not null,
    job_kind text not null,
    label text not null default '%s',
    deletes boolean not null default true,
    has_terms boolean not null default false,
    audit_action text,
    failed text not null default 'YD110',
    blocked text not null default 'YD111',
    passed_on text[] not null default '{}',
    hint text not null,
    names_windows boolean not null default false,
    is_windowed boolean not null default false,
    constraint run_kind_pkey primary key (name)
);

comment on table pydb_internal.run_kind is
'Kinds of runs, contributed by the domains. The engine (run_drive) calls their hooks: name_open, name_turn, name_evade
and, where has_terms, name_terms.';
comment on column pydb_internal.run_kind.name is 'Name of the kind, with which the names of its hooks begin.';
comment on column pydb_internal.run_kind.job_kind is 'Kind in pydb.job_run.';
comment on column pydb_internal.run_kind.label is 'Format of its name in messages; %s is the subject.';
comment on column pydb_internal.run_kind.deletes is 'True: the kill switch stops it.';
comment on column pydb_internal.run_kind.has_terms is
'True: name_terms(subject) tells before each turn whether the subject may run, within which bounds, and its version.';
comment on column pydb_internal.run_kind.audit_action is
'Action in pydb.audit_log of a run that did something; null = none.';
comment on column pydb_internal.run_kind.failed is 'SQLSTATE that a failed run raises at its end.';
comment on column pydb_internal.run_kind.blocked is 'SQLSTATE that a blocked run raises at its end.';
comment on column pydb_internal.run_kind.passed_on is 'SQLSTATEs that a blocked run raises as they are.';
comment on column pydb_internal.run_kind.hint is
'What to type after a failure that has no hint of its own: format of the subject (%1$L) and its last word (%2$s).';
comment on column pydb_internal.run_kind.names_windows is
'True: its subjects can name windows, and name_windowed(window) tells which do.';
comment on column pydb_internal.run_kind.is_windowed is
'True: a window holds for its runs whose subjects name none; kept by window_kinds. False spares each of them the look.';

revoke all on pydb_internal.run_kind from public;

create unlogged table pydb_internal.draft (
    id bigint generated always as identity,
    kind text not null,
    content jsonb,
    role oid not null,
    author text not null,
    author_role oid not null,
    xid xid8 not null,
    constraint draft_pkey primary key (id)
);

comment on table pydb_internal.draft is
'What is to be stored by a routine that runs as the owner, checked with the rights of whoever wants it: his insert fires
the checks. Used up in the same transaction.';
comment on column pydb_internal.draft.id is 'Id, as the store routine is told.';
comment on column pydb_internal.draft.kind is 'What it is about: kind_vet checks it.';
comment on column pydb_internal.draft.content is 'What was asked for; after the checks what is to be stored.';
comment on column pydb_internal.draft.role is 'Role that added it: whose rights were asked.';
comment on column pydb_internal.draft.author is 'Name of the role that counts as its author.';
comment on column pydb_internal.draft.author_role is
'The login role where it acts for itself, else (in a routine or trigger that runs as another) the role.';
comment on column pydb_internal.draft.xid is 'Transaction that added it: no other can use it.';

revoke all on pydb_internal.draft from public;

create type pydb_internal.run_state as (
    kind text,
    subject text,
    dry_run boolean,
    request uuid,
    now timestamptz,
    deadline timestamptz,
    max_rows bigint,
    run_id bigint,
    version text,
    due bigint,
    done bigint,
    skipped bigint,
    rows bigint,
    batches bigint,
    tries integer,
    retries integer,
    wake_at timestamptz,
    detail jsonb,
    counts jsonb,
    audit_subject text,
    audit jsonb,
    said text,
    notes text[],
    state text,
    reason text,
    halt text,
    sqlstate text,
    error text,
    hint text,
    work jsonb,
    error_detail text,
    max_wal bigint,
    wal bigint,
    turn_ms float8,
    catch_up boolean,
    relation oid,
    factor float8,
    governor_at timestamptz,
    governor_since timestamptz,
    governor_signal text,
    governor_ratio float8,
    slowed_at timestamptz,
    governor_seen oid[],
    tally jsonb,
    by_row boolean
);

comment on type pydb_internal.run_state is 'What a run is at and how far it is; small, it goes through every hook.';
comment on column pydb_internal.run_state.kind is 'pydb_internal.run_kind.name.';
comment on column pydb_internal.run_state.subject is 'What it is about, as in pydb.job_run.';
comment on column pydb_internal.run_state.dry_run is 'True: it only looks.';
comment on column pydb_internal.run_state.request is 'Id given by the caller.';
comment on column pydb_internal.run_state.now is 'The clock, read once for all of the run.';
comment on column pydb_internal.run_state.deadline is 'When its time is over; null = never.';
comment on column pydb_internal.run_state.max_rows is 'Rows that it may take; null = no bound.';
comment on column pydb_internal.run_state.run_id is 'pydb.job_run.id; null until it is open.';
comment on column pydb_internal.run_state.version is 'Version of the subject that its parts were laid out for.';
comment on column pydb_internal.run_state.due is 'Rows that the plan counted.';
comment on column pydb_internal.run_state.done is 'Rows done so far.';
comment on column pydb_internal.run_state.skipped is 'Rows that should have gone and stayed.';
comment on column pydb_internal.run_state.rows is 'Rows of the batch that this turn made; null = it made none.';
comment on column pydb_internal.run_state.batches is 'Batches so far.';
comment on column pydb_internal.run_state.tries is 'Attempts at this turn that met a passing trouble.';
comment on column pydb_internal.run_state.retries is 'All such attempts of the run.';
comment on column pydb_internal.run_state.wake_at is 'The next turn is not before this.';
comment on column pydb_internal.run_state.detail is 'To be merged into job_run.detail with the next entry in the log.';
comment on column pydb_internal.run_state.counts is
'Rows of this batch per relation, to be added to job_run.detail.cascaded.';
comment on column pydb_internal.run_state.audit_subject is
'Subject of its entry in the audit log; null = that of the run.';
comment on column pydb_internal.run_state.audit is 'More arguments for its entry in the audit log.';
comment on column pydb_internal.run_state.said is
'What it did, for the sentence at its end; null = the engine says it.';
comment on column pydb_internal.run_state.notes is 'Sentences to tell the caller at the end.';
comment on column pydb_internal.run_state.state is 'Its end, as in pydb.job_run; null = it goes on.';
comment on column pydb_internal.run_state.reason is 'Why it ended.';
comment on column pydb_internal.run_state.halt is 'Why the runs after it in the same call are not to start.';
comment on column pydb_internal.run_state.sqlstate is 'Of the error met last.';
comment on column pydb_internal.run_state.error is 'Of the error met last.';
comment on column pydb_internal.run_state.hint is 'Of the error met last.';
comment on column pydb_internal.run_state.work is
'A few values of the kind''s own, a row of its type (retention_work, …) as jsonb; what grows with the tables is in
parts.';
comment on column pydb_internal.run_state.error_detail is 'Of the error met last, in the words of the server.';
comment on column pydb_internal.run_state.max_wal is 'Bytes of WAL that it may take; null = no bound.';
comment on column pydb_internal.run_state.wal is 'Bytes of WAL of its batches so far, as pydb.job_run.wal_bytes.';
comment on column pydb_internal.run_state.turn_ms is 'Milliseconds that its last turn took; null = there was none.';
comment on column pydb_internal.run_state.catch_up is
'True: under the limits of its subject for catching up; false: under its usual ones; null: as overdue as it is.';
comment on column pydb_internal.run_state.relation is 'Relation of its next turn; null = none yet.';
comment on column pydb_internal.run_state.factor is
'What the governor lets batches have of their size and pace, 1/64 to 1; null = all.';
comment on column pydb_internal.run_state.governor_at is 'The governor does not look again before this.';
comment on column pydb_internal.run_state.governor_since is 'Since when it rests for the governor; null = it does not.';
comment on column pydb_internal.run_state.governor_signal is 'The worst signal at the last look; null = ok.';
comment on column pydb_internal.run_state.governor_ratio is 'Value by threshold of that.';
comment on column pydb_internal.run_state.slowed_at is 'When its factor was halved last.';
comment on column pydb_internal.run_state.governor_seen is
'Tables that the governor has looked at in this run; a partition counts as the table at its top.';
comment on column pydb_internal.run_state.tally is
'Times of its batches and what it tried again, for the totals of metrics: see pydb_internal.run_tally.';
comment on column pydb_internal.run_state.by_row is
'True: one row alone may have raised the error met last.';

create type pydb_internal.run_chunk as (
    relation oid,
    tids tid[],
    versions xid[],
    filenode oid
);

comment on type pydb_internal.run_chunk is 'Rows of one relation that are to be taken.';
comment on column pydb_internal.run_chunk.relation is 'Relation that holds the rows (a leaf).';
comment on column pydb_internal.run_chunk.tids is 'Places of the rows (ctid).';
comment on column pydb_internal.run_chunk.versions is
'Their versions (xmin): a place alone may hold another row after a commit.';
comment on column pydb_internal.run_chunk.filenode is
'File of the relation: places and versions mean nothing once it was rewritten (VACUUM FULL, CLUSTER, TRUNCATE).';

create type pydb_internal.run_part as (
    relation oid,
    subject text,
    strategy text,
    from_block bigint,
    at_block bigint,
    until_block bigint,
    from_value text,
    density float8,
    due bigint,
    condition text,
    signature text,
    is_again boolean,
    is_guarded boolean,
    is_late boolean,
    is_ended boolean,
    filenode oid,
    chunks pydb_internal.run_chunk[],
    subjects text[]
);

comment on type pydb_internal.run_part is
'A part of the work of a run: a relation and how to go through it. A run has as many as its kind lays out; one at a time
goes through a turn.';
comment on column pydb_internal.run_part.relation is 'Relation of the part.';
comment on column pydb_internal.run_part.subject is 'What the part is about, where that is no relation.';
comment on column pydb_internal.run_part.strategy is 'How to go through it: heap, index or whole.';
comment on column pydb_internal.run_part.from_block is 'First block.';
comment on column pydb_internal.run_part.at_block is 'Next block.';
comment on column pydb_internal.run_part.until_block is 'Block behind the last one.';
comment on column pydb_internal.run_part.from_value is 'Next value of the time column, as text.';
comment on column pydb_internal.run_part.density is 'Rows a block.';
comment on column pydb_internal.run_part.due is 'Rows that the plan counted here.';
comment on column pydb_internal.run_part.condition is 'Condition of its rows, SQL over alias t.';
comment on column pydb_internal.run_part.signature is 'What the relation looked like when the part was laid out.';
comment on column pydb_internal.run_part.is_again is 'True: its rows reference each other, they go pass by pass.';
comment on column pydb_internal.run_part.is_guarded is 'True: a trigger or rule may keep rows.';
comment on column pydb_internal.run_part.is_late is 'True: it was put off to a later pass.';
comment on column pydb_internal.run_part.is_ended is 'True: its rows have been found, those in chunks are left.';
comment on column pydb_internal.run_part.filenode is 'File of the relation when the part was laid out.';
comment on column pydb_internal.run_part.chunks is 'Rows to be taken next.';
comment on column pydb_internal.run_part.subjects is 'What the part is about, where small things share a turn.';

create type pydb_internal.run_turn as (
    run pydb_internal.run_state,
    part pydb_internal.run_part,
    parts pydb_internal.run_part[],
    is_layout boolean,
    is_settled boolean,
    through oid[]
);

comment on type pydb_internal.run_turn is 'What a hook returns.';
comment on column pydb_internal.run_turn.run is 'The run after it.';
comment on column pydb_internal.run_turn.part is
'The part after it: null = it is done (turn), or there is no way around (evade).';
comment on column pydb_internal.run_turn.is_layout is 'True: parts are a new layout; set by the engine.';
comment on column pydb_internal.run_turn.is_settled is
'True: the turn can have put nothing off to the end of its transaction (deferred constraints and triggers).';
comment on column pydb_internal.run_turn.through is
'Relations whose parts came to their end with this one: where they are the next ones, they have no turn.';
comment on column pydb_internal.run_turn.parts is
'The parts of the next pass (open), or parts to be put off to it (turn).';

create type pydb_internal.run_limits as (
    windows text[],
    max_rows bigint,
    max_runtime interval,
    max_wal bigint
);

comment on type pydb_internal.run_limits is 'Limits in place of others; null = as without them.';
comment on column pydb_internal.run_limits.windows is 'As run_terms.windows.';
comment on column pydb_internal.run_limits.max_rows is 'As run_terms.max_rows.';
comment on column pydb_internal.run_limits.max_runtime is 'As run_terms.max_runtime.';
comment on column pydb_internal.run_limits.max_wal is 'As run_terms.max_wal.';

create type pydb_internal.run_terms as (
    version text,
    reason text,
    error text,
    max_rows bigint,
    max_runtime interval,
    windows text[],
    max_wal bigint,
    batch_target interval,
    catch_up pydb_internal.run_limits,
    overdue_at timestamptz,
    sqlstate text,
    hint text,
    relation oid
);

comment on type pydb_internal.run_terms is 'What the subject of a run says now.';
comment on column pydb_internal.run_terms.version is 'Changes whenever the subject does.';
comment on column pydb_internal.run_terms.reason is 'Stop reason that keeps it from running; null = it may run.';
comment on column pydb_internal.run_terms.error is 'That reason in words.';
comment on column pydb_internal.run_terms.max_rows is 'Most rows of a run; null = no bound.';
comment on column pydb_internal.run_terms.max_runtime is 'Longest time of a run; null = no bound.';
comment on column pydb_internal.run_terms.windows is
'Names of the windows that it runs in; none of them = at any time; null = those of its kind.';
comment on column pydb_internal.run_terms.max_wal is 'Most bytes of WAL of a run; null = no bound.';
comment on column pydb_internal.run_terms.batch_target is
'Time that a batch aims for; null = the setting batch_target.';
comment on column pydb_internal.run_terms.catch_up is 'Limits for catching up.';
comment on column pydb_internal.run_terms.overdue_at is
'A run that takes this or later for now is to catch up; null = none is.';
comment on column pydb_internal.run_terms.sqlstate is 'Code of a reason that blocks the run; null = none.';
comment on column pydb_internal.run_terms.hint is 'What to type about it.';
comment on column pydb_internal.run_terms.relation is
'The one table that it is about, which the governor looks at before anything is counted; null = several.';

create type pydb_internal.guard_place as (
    system_identifier bigint,
    timeline integer,
    database_oid oid,
    database_name name,
    files jsonb
);

comment on type pydb_internal.guard_place is 'What tells a database from its copies.';
comment on column pydb_internal.guard_place.system_identifier is 'Of the server (pg_control_system).';
comment on column pydb_internal.guard_place.timeline is 'Of its WAL; null in recovery.';
comment on column pydb_internal.guard_place.database_oid is 'Of the database.';
comment on column pydb_internal.guard_place.database_name is 'Of the database, for messages.';
comment on column pydb_internal.guard_place.files is
'port, cluster_name, data_directory (a hash), written (when its first file was): as far as the owner of pydb may see.';

create table pydb.guard_server (
    is_it boolean not null default true,
    system_identifier bigint,
    timeline integer,
    database_oid oid not null,
    database_name name not null,
    files jsonb,
    remembered_at timestamptz not null default pg_catalog.clock_timestamp(),
    remembered_by text not null default session_user,
    allow_next boolean not null default false,
    allow_until timestamptz,
    allow_by text,
    allow_at timestamptz,
    allow_reason text,
    constraint guard_server_pkey primary key (is_it),
    constraint guard_server_is_it_check check (is_it)
);

comment on table pydb.guard_server is
'The one server and database that pydb may delete in, as it was last allowed; see pydb.guard_status.';
comment on column pydb.guard_server.is_it is 'True: there is one row.';
comment on column pydb.guard_server.system_identifier is 'Of the server; null = could not be known.';
comment on column pydb.guard_server.timeline is 'Of its WAL; null = could not be known.';
comment on column pydb.guard_server.database_oid is 'Of the database.';
comment on column pydb.guard_server.database_name is 'Of the database.';
comment on column pydb.guard_server.files is 'As in pydb_internal.guard_place; null = not looked at yet.';
comment on column pydb.guard_server.remembered_at is 'When it was remembered.';
comment on column pydb.guard_server.remembered_by is 'Login role whose run, or whose word, it was.';
comment on column pydb.guard_server.allow_next is 'True: the next change is allowed, once.';
comment on column pydb.guard_server.allow_until is
'Until then a change is allowed; null = none is, or (allow_next) without an end.';
comment on column pydb.guard_server.allow_by is 'Login role that allowed it beforehand.';
comment on column pydb.guard_server.allow_at is 'When that was.';
comment on column pydb.guard_server.allow_reason is 'Why, in its words.';

revoke all on pydb.guard_server from public;

create table pydb.run_window (
    name text not null,
    opens time not null,
    closes time not null,
    weekdays text[],
    timezone text not null default 'UTC',
    kinds text[] not null default '{}',
    author text not null default session_user,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now(),
    constraint run_window_pkey primary key (name),
    constraint run_window_name_check check (name ~ '^[a-z0-9][a-z0-9_-]{0,62}$'),
    constraint run_window_weekdays_check check (
        weekdays <@ '{mon,tue,wed,thu,fri,sat,sun}'::text[] and cardinality(weekdays) > 0
    )
);

comment on table pydb.run_window is
'Hours in which runs may work. A policy names those that hold for it; kinds says for which runs one holds that name
none. Written by pydb.window_set.';
comment on column pydb.run_window.name is 'Name: small letters, digits, _ and -.';
comment on column pydb.run_window.opens is 'From this time of the day on, on the clock of its time zone.';
comment on column pydb.run_window.closes is
'Up to this one: of the next day where it is not after opens; 24:00 = midnight. opens = closes: around the clock.';
comment on column pydb.run_window.weekdays is 'Days on which it opens: mon, tue, …; null = all.';
comment on column pydb.run_window.timezone is 'Time zone whose clock and calendar count.';
comment on column pydb.run_window.kinds is
'Kinds of runs that it holds for, where their subject names no window of its own: retention, export, cascade,
orphan_scan, orphan_repair, archive_purge, …, or all.';
comment on column pydb.run_window.author is 'Login role that set it last.';
comment on column pydb.run_window.created_at is 'When it was first set.';
comment on column pydb.run_window.updated_at is 'When it was last changed.';

revoke all on pydb.run_window from public;

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, choices, description) values
(
    'logical_messages', 'off', 'boolean', false, null, null, null,
    'on: what deletes says so in the WAL, for change data capture: a message with prefix pydb (boolean)'
);

create type pydb_internal.guard_part as (
    kind text,
    object text,
    value text,
    acts boolean
);

comment on type pydb_internal.guard_part is 'A part of what tables look like to a policy or an entity.';
comment on column pydb_internal.guard_part.kind is 'column, key, reference, trigger, rule, security or predicate.';
comment on column pydb_internal.guard_part.object is 'Its name.';
comment on column pydb_internal.guard_part.value is 'What it is: type, definition, effect.';
comment on column pydb_internal.guard_part.acts is 'True: it does something when rows go.';

create table pydb.guard_subject (
    kind text not null,
    name text not null,
    schema_drift text,
    approval text,
    kept_approval text not null default 'off',
    version text,
    requested_by text not null default session_user,
    requested_role oid,
    requested_at timestamptz not null default pg_catalog.clock_timestamp(),
    shape pydb_internal.guard_part[],
    shaped_at timestamptz,
    approved_version text,
    approved_by text,
    approved_role oid,
    approved_at timestamptz,
    reason text,
    lowered_role oid,
    constraint guard_subject_pkey primary key (kind, name),
    constraint guard_subject_kind_check check (kind in ('policy', 'entity')),
    constraint guard_subject_schema_drift_check check (schema_drift in ('off', 'warn', 'hold')),
    constraint guard_subject_approval_check check (approval in ('off', 'own', 'other')),
    constraint guard_subject_kept_approval_check check (kept_approval in ('off', 'own', 'other'))
);

comment on table pydb.guard_subject is
'What policies and entities were when they were set or approved: what their tables looked like, and who said yes.
Written by the routines that set and approve them, and by pydb.guard_set.';
comment on column pydb.guard_subject.kind is 'policy or entity.';
comment on column pydb.guard_subject.name is 'Its name; stays when it is dropped.';
comment on column pydb.guard_subject.schema_drift is
'What a change of its tables does: off, warn or hold; null = as the setting schema_drift says.';
comment on column pydb.guard_subject.approval is
'Whether its first run, and the first after a change, waits: off, own (for anybody''s word) or other (for that of
somebody else than who set it); the setting policy_approval can ask for more. null = as that says.';
comment on column pydb.guard_subject.kept_approval is
'What it asked for before that was lowered: holds until it was approved once more.';
comment on column pydb.guard_subject.version is 'Version of the policy that was set last.';
comment on column pydb.guard_subject.requested_by is 'Login role that set it last.';
comment on column pydb.guard_subject.requested_role is 'That role, whatever it is called now.';
comment on column pydb.guard_subject.requested_at is 'When that was.';
comment on column pydb.guard_subject.shape is
'What its tables looked like when it was set or last approved; null = not looked at yet.';
comment on column pydb.guard_subject.shaped_at is 'When that was.';
comment on column pydb.guard_subject.approved_version is 'Version that may run.';
comment on column pydb.guard_subject.approved_by is 'Login role that approved it; null = nobody had to.';
comment on column pydb.guard_subject.approved_role is 'That role, whatever it is called now.';
comment on column pydb.guard_subject.approved_at is 'When that was.';
comment on column pydb.guard_subject.reason is 'Why, in its words.';
comment on column pydb.guard_subject.lowered_role is 'Who lowered what it asks for: this one does not approve it.';

revoke all on pydb.guard_subject from public;

insert into pydb.setting (name, value, value_type, choices, owner_only, description) values
(
    'schema_drift', 'warn', 'choice', '{off,warn,hold}', false,
    'what a run does where tables changed since its policy or entity was set: nothing, a warning, or it is held'
),
(
    'policy_approval', 'off', 'choice', '{off,own,other}', true,
    'whether the first run of a new or changed policy waits: own = for a word, other = for that of somebody else '
    'than who set it; changed by who owns pydb alone'
);

create table pydb.audit_seal (
    block bigint not null,
    from_id bigint not null,
    to_id bigint not null,
    rows bigint not null,
    ids bigint[] not null,
    digests bytea not null,
    root bytea not null,
    previous bytea not null,
    hash bytea not null,
    sealed_at timestamptz not null,
    sealed_by text not null,
    constraint audit_seal_pkey primary key (block)
);

comment on table pydb.audit_seal is
'Blocks of pydb.audit_log, each sealed with the hash of the one before: what was changed, removed or put in since is
found by pydb.audit_verify. Append-only: update, delete and truncate are refused.';
comment on column pydb.audit_seal.block is 'Number of the block, from 1.';
comment on column pydb.audit_seal.from_id is 'First id that can be in it; no row comes in later.';
comment on column pydb.audit_seal.to_id is 'Last one.';
comment on column pydb.audit_seal.rows is 'How many rows are in it.';
comment on column pydb.audit_seal.ids is 'Which.';
comment on column pydb.audit_seal.digests is 'SHA-256 of each, 32 bytes each, in their order.';
comment on column pydb.audit_seal.root is 'SHA-256 of ids and digests.';
comment on column pydb.audit_seal.previous is 'Hash of the block before; of block 1 of nothing.';
comment on column pydb.audit_seal.hash is 'SHA-256 of all of this: what the next block goes on from.';
comment on column pydb.audit_seal.sealed_at is 'When it was sealed.';
comment on column pydb.audit_seal.sealed_by is 'Login role that did.';

create table pydb.audit_head (
    is_it boolean not null default true,
    block bigint not null default 0,
    to_id bigint not null default -9223372036854775807,
    hash bytea not null default pg_catalog.decode('', 'hex'),
    sealed_at timestamptz,
    mark_id bigint,
    mark_xid xid8,
    verified_block bigint not null default 0,
    verified_at timestamptz,
    constraint audit_head_pkey primary key (is_it),
    constraint audit_head_is_it_check check (is_it)
);

comment on table pydb.audit_head is
'The end of the chain of pydb.audit_seal. Who keeps block and hash elsewhere finds out if all of it was made anew.';
comment on column pydb.audit_head.is_it is 'True: there is one row.';
comment on column pydb.audit_head.block is 'Last block.';
comment on column pydb.audit_head.to_id is 'Up to this id the audit log is sealed.';
comment on column pydb.audit_head.hash is 'Hash of that block.';
comment on column pydb.audit_head.sealed_at is 'When it was sealed.';
comment on column pydb.audit_head.mark_id is 'Up to this id it is sealed next: nobody gets such an id any more.';
comment on column pydb.audit_head.mark_xid is 'As soon as all transactions before this one have ended.';
comment on column pydb.audit_head.verified_block is 'Up to this block somebody verified it.';
comment on column pydb.audit_head.verified_at is 'When that was.';

revoke all on pydb.audit_seal, pydb.audit_head from public;

insert into pydb.audit_head (is_it) values (true);

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'audit_seal_for', '0', 'interval', '0', '1 hour',
    'how long a scheduled audit_seal_run goes on, sealing every second; 0 = it seals once (interval, 0 to 1 hour)'
);

insert into pydb.schedule_source (procedure, kind, job_prefix, housekeeping, description) values
(
    'audit_seal_run', 'audit', 'pydb.audit_seal_run', false,
    'seals what was entered into the audit log, so that a change of it is found'
);

create type pydb.governor_reading as (
    value double precision,
    unit text,
    known boolean,
    reason text
);

comment on type pydb.governor_reading is 'What an indicator of the governor returns.';
comment on column pydb.governor_reading.value is 'The more, the worse.';
comment on column pydb.governor_reading.unit is 'Its unit, for those who read it.';
comment on column pydb.governor_reading.known is
'True: value is so; false: it should be known, and is not, runs rest; null: it cannot be known here, runs go on.';
comment on column pydb.governor_reading.reason is 'What it is told from, or why it is not known.';

create table pydb.governor_indicator (
    name text not null,
    function text,
    unit text,
    threshold double precision not null,
    back_off interval not null default '1 s',
    patience interval not null default '1 h',
    leaves_out text[] not null default '{}',
    expects text[] not null default '{}',
    enabled boolean not null default true,
    is_builtin boolean not null default false,
    author text not null default session_user,
    author_role oid,
    updated_at timestamptz not null default pg_catalog.now(),
    constraint governor_indicator_pkey primary key (name),
    constraint governor_indicator_function_check check (is_builtin or function is not null)
);

comment on table pydb.governor_indicator is
'What runs look at before a batch: indicators of the server. Written by pydb.governor_set; see pydb.governor_status.';
comment on column pydb.governor_indicator.name is 'Name of the indicator.';
comment on column pydb.governor_indicator.function is 'Function that is asked; null = the one of pydb.';
comment on column pydb.governor_indicator.unit is 'Unit of the threshold, where the function names none.';
comment on column pydb.governor_indicator.threshold is 'Above it runs rest, above half of it they go slower.';
comment on column pydb.governor_indicator.back_off is 'How long a run rests before it looks again.';
comment on column pydb.governor_indicator.patience is 'How long a run rests before it ends as partial (governor).';
comment on column pydb.governor_indicator.leaves_out is 'Standbys (application_name) and slots that do not count.';
comment on column pydb.governor_indicator.expects is 'Standbys (application_name) without which it is unknown.';
comment on column pydb.governor_indicator.enabled is 'False: it is not looked at.';
comment on column pydb.governor_indicator.is_builtin is 'True: it came with pydb.';
comment on column pydb.governor_indicator.author is 'Role that set it last.';
comment on column pydb.governor_indicator.author_role is 'That role, whatever it is called now.';
comment on column pydb.governor_indicator.updated_at is 'When that was.';

revoke all on pydb.governor_indicator from public;

insert into pydb.governor_indicator (name, unit, threshold, is_builtin) values
('replication_lag', 'bytes', 1073741824, true),
('replication_delay', 's', 60, true),
('slot_wal', 'bytes', 17179869184, true),
('archive_backlog', 'segments', 1024, true),
('oldest_snapshot', 's', 172800, true),
('autovacuum', 'workers', 2, true),
('lock_waiters', 'sessions', 20, true),
('disk_used', '%', 95, true);

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'governor', 'on', 'boolean', null, null,
    'off: runs look at no indicator of the server before a batch (boolean)'
),
(
    'governor_interval', '500 ms', 'interval', '0', '1 min',
    'how old a signal of the governor may be before a batch looks again (interval, 0 to 1 min)'
);

create unlogged table pydb_internal.governor_seen (
    is_it boolean not null default true,
    seen_at timestamptz not null,
    readings jsonb not null,
    constraint governor_seen_pkey primary key (is_it),
    constraint governor_seen_is_it_check check (is_it)
);

comment on table pydb_internal.governor_seen is
'What the indicators that concern the server as a whole said when a run last asked: one answer for all runs. Unlogged:
after a crash the next run asks again.';
comment on column pydb_internal.governor_seen.is_it is 'True: there is one row.';
comment on column pydb_internal.governor_seen.seen_at is
'When they were asked; an answer older than the setting governor_interval is none.';
comment on column pydb_internal.governor_seen.readings is 'Name of the indicator, and its pydb.governor_reading.';

revoke all on pydb_internal.governor_seen from public;

create table pydb.metric_total (
    metric text not null,
    subsystem text not null,
    subject text not null default '',
    label text not null default '',
    value numeric not null,
    at timestamptz
);

create index metric_total_subject_idx on pydb.metric_total (subsystem, subject);

comment on table pydb.metric_total is
'Totals of runs that outlive their log: the sum of value over the rows of a total, the newest of at. A run adds rows
when it ends, in the same transaction, and changes none, so that no two of them wait for each other; now and then the
rows of a total are made one. pydb.metric shows them.';
comment on column pydb.metric_total.metric is
'runs (label = how they ended), rows (label = what became of them), batches, run_seconds and batch_seconds, run_bucket
and batch_bucket (label = upper bound in seconds), retries (label = class of the SQLSTATE), cascade_planned,
cascade_deleted, cascade_mismatch.';
comment on column pydb.metric_total.subsystem is 'Kind of the runs, as in pydb.job_run.';
comment on column pydb.metric_total.subject is
'Policy, or the first word of another subject; other where too many have a name (setting metric_subjects); empty = of
all.';
comment on column pydb.metric_total.label is 'What is told apart; empty = nothing.';
comment on column pydb.metric_total.value is 'What is to be added; exact, so that no sum ever goes back.';
comment on column pydb.metric_total.at is 'When the newest of them ended; null = not known.';

revoke all on pydb.metric_total from public;

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'metric_subjects', '200', 'integer', '1', '10000',
    'so many policies, references and the like have metrics of their own; the rest is "other" (integer, 1 to 10000)'
);

create type pydb.seen_column as (
    place integer,
    relation oid,
    name name,
    number smallint
);

comment on type pydb.seen_column is
'A column that a hold, a policy or a reference names, as it was when that was set: tells it from another that has its
name by now.';
comment on column pydb.seen_column.place is
'Of which table: of a hold its place in tables_seen; of a policy 1 its own, 2 the mapping, 3 that of the watermark; of a
reference 1 the child, 2 the parent.';
comment on column pydb.seen_column.relation is 'Number of the table then; after a restore from a dump it has another.';
comment on column pydb.seen_column.name is 'Name of the column.';
comment on column pydb.seen_column.number is 'Its number in the table then.';
