drop routine pydb_internal.reference_set_refusals;
drop routine pydb_internal.reference_domain_refusals;
drop routine pydb_internal.orphan_apply_rows;
drop routine pydb_internal.orphan_take;

-- rows that a trigger keeps from being repaired are counted apart, with what it said
alter type pydb_internal.orphan_repair_work add attribute faulty bigint, add attribute fault text,
    add attribute fault_code text, add attribute fault_place text;
comment on column pydb_internal.orphan_repair_work.faulty is 'Rows of this pass that another error kept: a trigger.';
comment on column pydb_internal.orphan_repair_work.fault is 'The first such error.';
comment on column pydb_internal.orphan_repair_work.fault_code is 'Its SQLSTATE.';
comment on column pydb_internal.orphan_repair_work.fault_place is 'In which code of the application it was raised.';
drop procedure pydb.orphan_close;
drop routine pydb_internal.archive_import;

-- holds: a policy spares what is held
alter type pydb_internal.retention_work add attribute holds bigint;
alter type pydb_internal.retention_work add attribute held bigint;
comment on column pydb_internal.retention_work.holds is 'How often holds had changed when its parts were laid out.';
comment on column pydb_internal.retention_work.held is 'Rows that a hold kept when they were counted.';
drop routine pydb_internal.retention_survey;
drop routine pydb.retention_plan;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_expired_condition;

-- holds: so does a repair of orphans
alter type pydb_internal.orphan_repair_work add attribute free text;
alter type pydb_internal.orphan_repair_work add attribute holds bigint;
comment on column pydb_internal.orphan_repair_work.free is '"and …": that no hold keeps a row; or nothing.';
comment on column pydb_internal.orphan_repair_work.holds is 'How often holds had changed when that was written.';

-- guard_server: the one server and database that pydb may delete in
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

-- this one, from now on; what else there is to know of it, the first run looks at
do $do$
begin
    insert into pydb.guard_server (system_identifier, timeline, database_oid, database_name)
    select
        s.system_identifier,
        ('x' || pg_catalog.left(pg_catalog.pg_walfile_name(pg_catalog.pg_current_wal_lsn()), 8))::bit(32)::integer,
        d.oid, d.datname
    from pg_catalog.pg_control_system() as s
    inner join pg_catalog.pg_database as d on d.datname = pg_catalog.current_database();
exception when insufficient_privilege then
    null; -- then the first run remembers what it may see
end
$do$;

-- windows, budgets: the hours of runs, the WAL that they may take, limits for catching up
alter table pydb.job_run add column wal_bytes bigint;
comment on column pydb.job_run.wal_bytes is
'WAL that the server wrote while its batches were at work, by whomever: what it wrote itself and, at most, what others
wrote meanwhile. Without its commits, its pauses, and batches that were undone; null = not measured.';
comment on column pydb.job_run.stop_reason is
'Why it ended: exhausted, row_budget, time_budget, window, fuse, governor, held, locked, referenced, paused, '
'kill_switch, no_progress, standby, error, cancelled or wal_budget.';
alter table pydb.job_run drop constraint job_run_stop_reason_check;
alter table pydb.job_run add constraint job_run_stop_reason_check check (
        stop_reason in (
            'exhausted', 'row_budget', 'time_budget', 'window', 'fuse', 'governor', 'held', 'locked', 'referenced',
            'paused', 'kill_switch', 'no_progress', 'standby', 'error', 'cancelled', 'wal_budget'
        )
    );
alter table pydb_internal.run_kind add column names_windows boolean not null default false;
comment on column pydb_internal.run_kind.names_windows is
'True: its subjects can name windows, and name_windowed(window) tells which do.';
update pydb_internal.run_kind set names_windows = true where name = 'retention';
alter type pydb_internal.run_state add attribute max_wal bigint;
comment on column pydb_internal.run_state.max_wal is 'Bytes of WAL that it may take; null = no bound.';
alter type pydb_internal.run_state add attribute wal bigint;
comment on column pydb_internal.run_state.wal is 'Bytes of WAL of its batches so far, as pydb.job_run.wal_bytes.';
alter type pydb_internal.run_state add attribute turn_ms float8;
comment on column pydb_internal.run_state.turn_ms is 'Milliseconds that its last turn took; null = there was none.';
alter type pydb_internal.run_state add attribute catch_up boolean;
comment on column pydb_internal.run_state.catch_up is
'True: under the limits of its subject for catching up; false: under its usual ones; null: as overdue as it is.';
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
alter type pydb_internal.run_terms add attribute windows text[];
comment on column pydb_internal.run_terms.windows is
'Names of the windows that it runs in; none of them = at any time; null = those of its kind.';
alter type pydb_internal.run_terms add attribute max_wal bigint;
comment on column pydb_internal.run_terms.max_wal is 'Most bytes of WAL of a run; null = no bound.';
alter type pydb_internal.run_terms add attribute batch_target interval;
comment on column pydb_internal.run_terms.batch_target is
'Time that a batch aims for; null = the setting batch_target.';
alter type pydb_internal.run_terms add attribute catch_up pydb_internal.run_limits;
comment on column pydb_internal.run_terms.catch_up is 'Limits for catching up.';
alter type pydb_internal.run_terms add attribute overdue_at timestamptz;
comment on column pydb_internal.run_terms.overdue_at is
'A run that takes this or later for now is to catch up; null = none is.';
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
alter table pydb.retention_policy add column windows text[];
comment on column pydb.retention_policy.windows is
'Names of the windows (pydb.run_window) in which it runs; none of them ({}) = at any time; null = those of its kind.';
alter table pydb.retention_policy add column max_wal bigint;
comment on column pydb.retention_policy.max_wal is
'A run whose batches took so many bytes of WAL ends; null = no bound.';
alter table pydb.retention_policy add column catch_up_after interval;
comment on column pydb.retention_policy.catch_up_after is
'A run begins to catch up, with the limits of catch_up_…, when it is longer ago than this that a run left nothing;
null = only where the call says so.';
alter table pydb.retention_policy add column catch_up_windows text[];
comment on column pydb.retention_policy.catch_up_windows is
'Its windows while it catches up; null = the same.';
alter table pydb.retention_policy add column catch_up_max_rows bigint;
comment on column pydb.retention_policy.catch_up_max_rows is
'Most rows of a run that catches up; null = as max_rows.';
alter table pydb.retention_policy add column catch_up_max_runtime interval;
comment on column pydb.retention_policy.catch_up_max_runtime is
'Longest time of a run that catches up; null = as max_runtime.';
alter table pydb.retention_policy add column catch_up_max_wal bigint;
comment on column pydb.retention_policy.catch_up_max_wal is
'Most bytes of WAL of a run that catches up; null = as max_wal.';
alter table pydb.retention_policy add column catch_up_rows_per_second integer;
comment on column pydb.retention_policy.catch_up_rows_per_second is
'Most rows a second of a run that catches up; null = as rows_per_second.';
alter table pydb.retention_policy add constraint retention_policy_max_wal_check check (max_wal > 0 and catch_up_max_wal > 0);
alter table pydb.retention_policy add constraint retention_policy_catch_up_check check (
        catch_up_after > interval '0' and catch_up_max_rows > 0 and catch_up_max_runtime > interval '0'
        and catch_up_rows_per_second > 0
    );
create table pydb.retention_history (
    policy text not null,
    day date not null,
    version text not null,
    at timestamptz not null,
    rows_due bigint not null,
    rows_left bigint not null,
    through_at timestamptz not null,
    runs integer not null,
    rows_came bigint not null,
    rows_gone bigint not null,
    span interval not null,
    constraint retention_history_pkey primary key (policy, day)
);

comment on table pydb.retention_history is
'What runs and dry runs counted, one row a policy and day of the last 100: pydb.policy_outlook tells by it whether a
policy keeps up. Written at the end of each run.';
comment on column pydb.retention_history.policy is 'Policy.';
comment on column pydb.retention_history.day is 'Day in UTC, by what the run took for now.';
comment on column pydb.retention_history.version is 'Version of the policy; the sums of a row are of this one.';
comment on column pydb.retention_history.at is 'When the rows were counted, last.';
comment on column pydb.retention_history.rows_due is 'How many were due then.';
comment on column pydb.retention_history.rows_left is 'How many of them the run left.';
comment on column pydb.retention_history.through_at is
'When none was left, last; where that never was, when they were first counted.';
comment on column pydb.retention_history.runs is 'Runs of the day that counted, dry ones too.';
comment on column pydb.retention_history.rows_came is
'Rows that crossed the boundary between counts: what was due beyond what the one before had left. Rows that others
delete (pydb.retention_batch too) have not come.';
comment on column pydb.retention_history.rows_gone is 'Rows that runs deleted in that time.';
comment on column pydb.retention_history.span is 'That time: from count to count, up to the last one of the day.';

revoke all on pydb.retention_history from public;
drop routine pydb.retention_policy_set;
drop routine pydb.retention_run;
drop routine pydb_internal.run_log_batch;

-- archive_chunk: places are read once and gone soon: to compress them took longer than to write them
alter table pydb_internal.archive_chunk alter column tids set storage external;

-- settings that only the owner of pydb may change
alter table pydb.setting add column owner_only boolean not null default false;
comment on column pydb.setting.owner_only is
'True: pydb.setting_set changes it only for a superuser, or a member of the role that owns pydb.';

-- guard_subject: what policies and entities were when they were set or approved
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

-- what runs already goes on; what its tables look like, the first run looks at
insert into pydb.guard_subject (kind, name, version, approved_version, requested_by, requested_role, requested_at)
select
    'policy', p.name, null, pg_catalog.format('%s %s', p.version, extract(epoch from p.created_at)), p.author,
    p.author_role, p.updated_at
from pydb.retention_policy as p
union all
select 'entity', e.name, null, null, e.author, null, e.updated_at
from pydb.entity as e;

-- run_terms: a reason that blocks a run has a code and a word
alter type pydb_internal.run_terms add attribute sqlstate text;
alter type pydb_internal.run_terms add attribute hint text;
comment on column pydb_internal.run_terms.sqlstate is 'Code of a reason that blocks the run; null = none.';
comment on column pydb_internal.run_terms.hint is 'What to type about it.';

-- retention_partition_bounds: one partition alone, where one alone is asked about
drop routine pydb_internal.retention_partition_bounds;

-- retention_is_ordered: by the statistics alone
drop routine pydb_internal.retention_is_ordered;

-- audit_seal: the audit log, sealed in blocks
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

-- governor: what runs look at before a batch
alter table pydb.job_run add column governor_indicator text;
alter table pydb.job_run add column governor_signal text;
alter table pydb.job_run add column governor_since timestamptz;
alter table pydb.job_run add column governor_reason text;
comment on column pydb.job_run.governor_indicator is 'What it rests for, or goes slower for; null = nothing.';
comment on column pydb.job_run.governor_signal is 'slow = it goes slower; stop or unknown = it rests; null = neither.';
comment on column pydb.job_run.governor_since is 'Since when.';
comment on column pydb.job_run.governor_reason is 'What the indicator says, with its value and its threshold.';
alter type pydb_internal.run_state add attribute relation oid;
alter type pydb_internal.run_state add attribute factor float8;
alter type pydb_internal.run_state add attribute governor_at timestamptz;
alter type pydb_internal.run_state add attribute governor_since timestamptz;
alter type pydb_internal.run_state add attribute governor_signal text;
alter type pydb_internal.run_state add attribute governor_ratio float8;
alter type pydb_internal.run_state add attribute slowed_at timestamptz;
comment on column pydb_internal.run_state.relation is 'Relation of its next turn; null = none yet.';
comment on column pydb_internal.run_state.factor is
'What the governor lets batches have of their size and pace, 1/64 to 1; null = all.';
comment on column pydb_internal.run_state.governor_at is 'The governor does not look again before this.';
comment on column pydb_internal.run_state.governor_since is 'Since when it rests for the governor; null = it does not.';
comment on column pydb_internal.run_state.governor_signal is 'The worst signal at the last look; null = ok.';
comment on column pydb_internal.run_state.governor_ratio is 'Value by threshold of that.';
comment on column pydb_internal.run_state.slowed_at is 'When its factor was halved last.';

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
