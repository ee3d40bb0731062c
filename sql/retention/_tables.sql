-- pydb retention tables: the policies, and what a run of one keeps in mind.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

create table pydb.retention_policy (
    name text not null,
    target regclass not null,
    target_name text not null,
    time_column name not null,
    time_unit text not null,
    expiry boolean not null default false,
    keep interval not null,
    timezone text not null default 'UTC',
    filter text,
    action text not null default 'delete',
    archive jsonb,
    on_referenced text not null default 'skip',
    strategy text not null default 'auto',
    batch_target interval,
    max_rows bigint,
    max_runtime interval,
    rows_per_second integer,
    fuse_rows bigint,
    fuse_share numeric not null default 0.5,
    expire_minus_infinity boolean not null default false,
    schedule text,
    enabled boolean not null default true,
    paused_at timestamptz,
    paused_by text,
    paused_reason text,
    builtin boolean not null default false,
    author text not null default session_user,
    version bigint not null default 1,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now(),
    author_role regrole,
    expire_implausible boolean not null default false,
    constraint retention_policy_pkey primary key (name),
    constraint retention_policy_name_check check (name <> '' and octet_length(name) <= 63),
    constraint retention_policy_time_unit_check check (
        time_unit in ('timestamptz', 'timestamp', 'date', 's', 'ms', 'us', 'ns', 'uuidv7')
    ),
    constraint retention_policy_keep_check check (keep >= interval '0' and (expiry or keep > interval '0')),
    constraint retention_policy_action_check check (
        action in ('delete', 'archive', 'nullify', 'drop_partition', 'export')
    ),
    constraint retention_policy_on_referenced_check check (on_referenced in ('skip', 'error', 'cascade')),
    constraint retention_policy_strategy_check check (strategy in ('auto', 'heap', 'index', 'partition')),
    constraint retention_policy_max_rows_check check (max_rows > 0),
    constraint retention_policy_max_runtime_check check (max_runtime > interval '0'),
    constraint retention_policy_rows_per_second_check check (rows_per_second > 0),
    constraint retention_policy_fuse_rows_check check (fuse_rows > 0),
    constraint retention_policy_fuse_share_check check (fuse_share > 0 and fuse_share <= 1),
    constraint retention_policy_paused_check check ((paused_at is null) = (paused_by is null))
);

comment on table pydb.retention_policy is
'What expires, when, and within which bounds. Written by pydb.retention_policy_set, which checks everything.';
comment on column pydb.retention_policy.name is 'Name of the policy, at most 63 bytes.';
comment on column pydb.retention_policy.target is 'Table; follows a rename, does not follow a drop and create.';
comment on column pydb.retention_policy.target_name is 'Qualified name of the table when the policy was last set.';
comment on column pydb.retention_policy.time_column is 'Column that holds the age of a row, or its expiry.';
comment on column pydb.retention_policy.time_unit is
'timestamptz, timestamp, date or uuidv7 by the column''s type; s, ms, us or ns since 1970 for numbers.';
comment on column pydb.retention_policy.expiry is
'True: the column holds each row''s own expiry, and keep is the grace after it (may be 0).';
comment on column pydb.retention_policy.keep is 'Rows older than this expire.';
comment on column pydb.retention_policy.timezone is
'Time zone in which keep is subtracted and in which timestamp and date columns are read.';
comment on column pydb.retention_policy.filter is
'Only rows for which this expires; one boolean expression over the table, as the server understood it.';
comment on column pydb.retention_policy.action is
'delete, or export (to files, by pydb archive export); archive, nullify and drop_partition are reserved.';
comment on column pydb.retention_policy.archive is 'Where an archive goes; reserved.';
comment on column pydb.retention_policy.on_referenced is
'Rows that other rows reference through NO ACTION or RESTRICT: skip leaves and counts them, error stops the run, '
'cascade deletes what references them too, whatever its age.';
comment on column pydb.retention_policy.strategy is
'auto, heap (ranges of blocks) or index (ranges of the time index); partition is reserved.';
comment on column pydb.retention_policy.batch_target is 'Time one batch aims for; null = the setting batch_target.';
comment on column pydb.retention_policy.max_rows is 'Most rows a run deletes; null = no bound.';
comment on column pydb.retention_policy.max_runtime is 'Longest a run works; null = no bound.';
comment on column pydb.retention_policy.rows_per_second is
'Most rows a second, by pauses between batches; null = no bound.';
comment on column pydb.retention_policy.fuse_rows is 'A run that would delete more rows than this is blocked.';
comment on column pydb.retention_policy.fuse_share is
'A run that would delete more than this share of the table is blocked; 1 = never.';
comment on column pydb.retention_policy.expire_minus_infinity is
'True: -infinity expires too; false: it is only counted.';
comment on column pydb.retention_policy.schedule is 'Cron expression of five fields; null = not scheduled.';
comment on column pydb.retention_policy.enabled is 'False: no run, no schedule.';
comment on column pydb.retention_policy.paused_at is 'Set while the policy is paused.';
comment on column pydb.retention_policy.paused_by is 'Login role that paused it.';
comment on column pydb.retention_policy.paused_reason is 'Why it is paused.';
comment on column pydb.retention_policy.builtin is 'True for pydb''s own housekeeping policies.';
comment on column pydb.retention_policy.author is
'Name of the login role that set the policy, at that time.';
comment on column pydb.retention_policy.version is 'Counts changes; a run that sees it change plans anew.';
comment on column pydb.retention_policy.created_at is 'When the policy was first set.';
comment on column pydb.retention_policy.updated_at is 'When the policy was last changed.';
comment on column pydb.retention_policy.author_role is
'The role that set the policy, whatever it is called now; a filter runs only as a role that this one could become.';
comment on column pydb.retention_policy.expire_implausible is
'True: times before 1980 (and uuids that are not of version 7) expire like others; false: they are counted and stay.';

insert into pydb.schedule_source (procedure, kind, subjects, job_prefix, description) values
(
    'retention_run', 'retention', 'pydb_internal.retention_schedules', 'pydb',
    'deletes what expired by one policy; a policy has its schedule itself (pydb.retention_policy_set, p_schedule)'
);

revoke all on pydb.retention_policy from public;

create type pydb_internal.retention_warning as (
    code text,
    said text
);

comment on type pydb_internal.retention_warning is 'A warning of a plan.';
comment on column pydb_internal.retention_warning.code is
'What kind of warning it is, as in retention_plan.codes: programs read this.';
comment on column pydb_internal.retention_warning.said is 'The same as a sentence for a person.';

insert into pydb_internal.run_kind (name, job_kind, label, has_terms, audit_action, hint) values
('retention', 'retention', 'policy %s', true, 'retention_run',
    'select * from pydb.retention_job_log order by id desc limit 10;'),
('export', 'retention', 'policy %s', true, 'retention_export_run',
    'select * from pydb.retention_job_log order by id desc limit 10;');

create type pydb_internal.retention_work as (
    cutoff timestamptz,
    mode text,
    cost float8,
    is_measured boolean,
    heap_range bigint,
    index_range bigint,
    weight float8,
    pass_done bigint,
    is_last_pass boolean,
    locked bigint,
    kept bigint,
    refused bigint,
    blocked bigint,
    way text,
    faulty bigint,
    fault text,
    fault_code text,
    faults jsonb,
    print text,
    first_way text
);

comment on type pydb_internal.retention_work is 'What a retention run keeps in mind beside its parts (run_state.work).';
comment on column pydb_internal.retention_work.cutoff is 'Rows before it expire.';
comment on column pydb_internal.retention_work.mode is
'plain, skip (around locked rows) or rows (one by one), for the next batch.';
comment on column pydb_internal.retention_work.cost is 'Milliseconds a row, as learned.';
comment on column pydb_internal.retention_work.is_measured is 'True: cost was measured, it is no guess.';
comment on column pydb_internal.retention_work.heap_range is 'Blocks of the next range.';
comment on column pydb_internal.retention_work.index_range is 'Rows of the next range of the index.';
comment on column pydb_internal.retention_work.weight is 'Rows that go for one of the policy''s own table (cascade).';
comment on column pydb_internal.retention_work.pass_done is 'Rows of this pass.';
comment on column pydb_internal.retention_work.is_last_pass is 'True: what was locked on the way gets its last chance.';
comment on column pydb_internal.retention_work.locked is 'Rows that stayed because somebody held them.';
comment on column pydb_internal.retention_work.kept is 'Rows that a trigger or rule kept.';
comment on column pydb_internal.retention_work.refused is 'Rows that a reference kept.';
comment on column pydb_internal.retention_work.blocked is 'Rows that others referenced when they were counted.';
comment on column pydb_internal.retention_work.way is 'How rows that go along are taken: see retention_reach.';
comment on column pydb_internal.retention_work.faulty is 'Rows that another error kept: a trigger, a check.';
comment on column pydb_internal.retention_work.fault is 'The first such error.';
comment on column pydb_internal.retention_work.fault_code is 'Its SQLSTATE.';
comment on column pydb_internal.retention_work.first_way is 'way of all passes but those that take circles.';
comment on column pydb_internal.retention_work.print is
'Stands for the references without an index: what was learned with others does not hold.';
comment on column pydb_internal.retention_work.faults is 'Rows kept by errors of any kind: object, SQLSTATE to rows.';
