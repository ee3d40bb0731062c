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
    watermark_table regclass,
    watermark_column name,
    watermark_pick text not null default 'max',
    watermark_filter text,
    watermark_function text,
    partition text not null default 'drop',
    partition_schema name,
    search_path name[],
    partition_first text,
    windows text[],
    max_wal bigint,
    catch_up_after interval,
    catch_up_windows text[],
    catch_up_max_rows bigint,
    catch_up_max_runtime interval,
    catch_up_max_wal bigint,
    catch_up_rows_per_second integer,
    keep_column name,
    keep_table regclass,
    keep_by name[],
    keep_key name[],
    keep_value name,
    keep_floor interval,
    keep_last integer,
    keep_last_by name[],
    combine text,
    keep_at timestamptz,
    columns_seen pydb.seen_column[],
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
    constraint retention_policy_paused_check check ((paused_at is null) = (paused_by is null)),
    constraint retention_policy_watermark_check check (
        (watermark_table is null) = (watermark_column is null) and num_nonnulls(watermark_table, watermark_function) < 2
        and watermark_pick in ('max', 'min') and (watermark_filter is null or watermark_table is not null)
    ),
    constraint retention_policy_partition_check check (
        partition in ('drop', 'keep', 'move') and (partition = 'move') = (partition_schema is not null)
    ),
    constraint retention_policy_partition_first_check check (
        partition_first is null
        or (partition_first in ('archive', 'export') and action = 'drop_partition' and partition = 'drop')
    ),
    constraint retention_policy_max_wal_check check (max_wal > 0 and catch_up_max_wal > 0),
    constraint retention_policy_catch_up_check check (
        catch_up_after > interval '0' and catch_up_max_rows > 0 and catch_up_max_runtime > interval '0'
        and catch_up_rows_per_second > 0
    ),
    constraint retention_policy_rules_check check (
        num_nonnulls(keep_table, keep_by, keep_key, keep_value) in (0, 4)
        and (keep_last is null) = (combine is null) and (keep_last is not null or keep_last_by is null)
        and keep_last > 0 and combine in ('and', 'or') and keep_floor >= interval '0'
        and keep_at is null
    )
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
'delete, archive (what goes is kept, see pydb.archive_table), export (to files, by pydb archive export) or
drop_partition (partitions that expired as a whole go at once); nullify is reserved.';
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
comment on column pydb.retention_policy.watermark_table is
'Table whose column tells up to when rows may go: what is summed up, copied or sent. No row from then on expires.';
comment on column pydb.retention_policy.watermark_column is 'Its column.';
comment on column pydb.retention_policy.watermark_pick is 'max or min: which of its values.';
comment on column pydb.retention_policy.watermark_filter is
'Only the rows of watermark_table for which this holds; as the server understood it.';
comment on column pydb.retention_policy.watermark_function is
'Function without arguments that tells it instead of a table.';
comment on column pydb.retention_policy.partition is
'drop_partition: what becomes of a partition that was detached: drop, keep (a table of its own) or move (to
partition_schema).';
comment on column pydb.retention_policy.partition_schema is 'Schema that detached partitions are moved to.';
comment on column pydb.retention_policy.search_path is
'Schemas in which triggers and other code of the application look for names in a run; null = as the running role does.';
comment on column pydb.retention_policy.partition_first is
'What becomes of the rows of a partition before it is dropped: archive (into the archive of the table) or export (to
files, by pydb archive export); null = nothing.';
comment on column pydb.retention_policy.windows is
'Names of the windows (pydb.run_window) in which it runs; none of them ({}) = at any time; null = those of its kind.';
comment on column pydb.retention_policy.max_wal is
'A run whose batches took so many bytes of WAL ends; null = no bound.';
comment on column pydb.retention_policy.catch_up_after is
'A run begins to catch up, with the limits of catch_up_…, when it is longer ago than this that a run left nothing;
null = only where the call says so.';
comment on column pydb.retention_policy.catch_up_windows is
'Its windows while it catches up; null = the same.';
comment on column pydb.retention_policy.catch_up_max_rows is
'Most rows of a run that catches up; null = as max_rows.';
comment on column pydb.retention_policy.catch_up_max_runtime is
'Longest time of a run that catches up; null = as max_runtime.';
comment on column pydb.retention_policy.catch_up_max_wal is
'Most bytes of WAL of a run that catches up; null = as max_wal.';
comment on column pydb.retention_policy.catch_up_rows_per_second is
'Most rows a second of a run that catches up; null = as rows_per_second.';
comment on column pydb.retention_policy.keep_column is
'Column of the table that says how long its row is kept: an interval, or a whole number of days; null there = the next
rule, longer than 5000 years = for ever.';
comment on column pydb.retention_policy.keep_table is
'Mapping table that says how long rows are kept, by tenant or class; read with the rights of who plans or runs.';
comment on column pydb.retention_policy.keep_by is 'Columns of the table by which a row is looked up there …';
comment on column pydb.retention_policy.keep_key is
'… and the columns of a unique key of the mapping table that they equal.';
comment on column pydb.retention_policy.keep_value is
'Column of the mapping table with the keep: an interval, or a whole number of days; null, or longer than 5000 years =
for ever. No row there = the keep of the policy.';
comment on column pydb.retention_policy.keep_floor is
'No rule keeps a row for less; null = the lesser of keep and the setting min_keep (0 for a column of expiry times).';
comment on column pydb.retention_policy.keep_last is
'How many rows of each group, the newest by time and then by primary key, are kept; null = none for that.';
comment on column pydb.retention_policy.keep_last_by is 'Columns of the table that make the groups; null = one group.';
comment on column pydb.retention_policy.combine is
'How keep_last and the age go together. and: a row goes when it expired and is not among the last; or: when it expired,
or is older than the floor and not among the last.';
comment on column pydb.retention_policy.keep_at is
'Null here; in a copy that a plan or a run works with: the moment that its rules count from.';

insert into pydb.schedule_source (procedure, kind, subjects, job_prefix, description) values
(
    'retention_run', 'retention', 'pydb_internal.retention_schedules', 'pydb',
    'deletes what expired by one policy; a policy has its schedule itself (pydb.retention_policy_set, p_schedule)'
);
comment on column pydb.retention_policy.columns_seen is
'The columns that it names, of its table, its mapping and the table of its watermark, as they were when it was set.
Tells a column from another that has its name by now; null = not known.';

revoke all on pydb.retention_policy from public;

create type pydb_internal.retention_aspect as (
    aspect text,
    state text,
    value text,
    at timestamptz,
    meaning text,
    hint text
);

comment on type pydb_internal.retention_aspect is 'A line of retention_policy_explain.';
comment on column pydb_internal.retention_aspect.aspect is 'What it is about: keep, watermark, fuse.';
comment on column pydb_internal.retention_aspect.state is
'holds (it decides what a run does now), ok (in force), off (not set) or blocks (a run would delete nothing).';
comment on column pydb_internal.retention_aspect.value is 'What it is set to.';
comment on column pydb_internal.retention_aspect.at is 'The moment that it gives.';
comment on column pydb_internal.retention_aspect.meaning is 'What that means, as a sentence.';
comment on column pydb_internal.retention_aspect.hint is 'What to type where it blocks.';

create table pydb.retention_partition (
    id bigint generated always as identity,
    policy text not null,
    partition oid not null,
    name text not null,
    parent text not null,
    lower_bound text,
    upper_bound text,
    state text not null,
    rows bigint,
    is_exact boolean,
    moved_to text,
    run_id bigint,
    request uuid,
    actor text not null default session_user,
    started_at timestamptz not null default pg_catalog.clock_timestamp(),
    ended_at timestamptz,
    rows_saved bigint,
    constraint retention_partition_pkey primary key (id),
    constraint retention_partition_state_check check (
        state in ('detaching', 'detached', 'dropped', 'kept', 'moved', 'lost')
    ),
    constraint retention_partition_ended_check check (
        (state in ('detaching', 'detached')) = (ended_at is null)
    )
);

-- what was detached and is not at its end yet
create unique index retention_partition_open_key on pydb.retention_partition (partition) where ended_at is null;

create index retention_partition_run_idx on pydb.retention_partition (run_id);

comment on table pydb.retention_partition is
'Partitions that policies (action drop_partition) took out of their tables, and what became of each: what a run that was
killed left behind, the next one brings to its end.';
comment on column pydb.retention_partition.id is 'Id.';
comment on column pydb.retention_partition.policy is 'Policy.';
comment on column pydb.retention_partition.partition is 'Oid of the partition.';
comment on column pydb.retention_partition.name is 'Its qualified name, when it was taken out.';
comment on column pydb.retention_partition.parent is 'Qualified name of the table that it was a partition of.';
comment on column pydb.retention_partition.lower_bound is 'Where it began, in UTC; null = at no bound.';
comment on column pydb.retention_partition.upper_bound is 'Where it ended (excluded), in UTC; null = at no bound.';
comment on column pydb.retention_partition.state is
'detaching (a DETACH CONCURRENTLY was begun), detached, dropped, kept (a table of its own), moved (to another schema),
or lost: somebody else dropped it, renamed it, or made it part of another table, so it is none of our business any
more.';
comment on column pydb.retention_partition.rows is 'Rows that it held.';
comment on column pydb.retention_partition.is_exact is
'True: the rows were counted (below 4096 pages), false: estimated from the statistics.';
comment on column pydb.retention_partition.moved_to is 'Its qualified name in the schema that it was moved to.';
comment on column pydb.retention_partition.run_id is
'pydb.job_run.id of the run that took it out, or brought it to its end.';
comment on column pydb.retention_partition.request is 'Id of the call that began a DETACH CONCURRENTLY.';
comment on column pydb.retention_partition.actor is 'Login role.';
comment on column pydb.retention_partition.started_at is 'When it was taken out, or that was begun.';
comment on column pydb.retention_partition.ended_at is 'When it came to its end.';
comment on column pydb.retention_partition.rows_saved is
'Rows of it that went to the archive of its table, or to verified files, before it was dropped; null = none were to.';

revoke all on pydb.retention_partition from public;

create type pydb_internal.retention_last_rows as (
    relation oid,
    tids tid[]
);

comment on type pydb_internal.retention_last_rows is
'Rows of a partition that are old enough to go, and stay as the last of their groups.';
comment on column pydb_internal.retention_last_rows.relation is 'The partition.';
comment on column pydb_internal.retention_last_rows.tids is 'Where they lie.';

create type pydb_internal.retention_said as (
    expired text,
    past text,
    future text,
    filtered text,
    walked text,
    ruled text,
    ruled_joined text,
    joined text,
    last pydb_internal.retention_last_rows[],
    since text
);

comment on type pydb_internal.retention_said is
'What a policy and its rules say of a row of its table, as SQL over alias t.';
comment on column pydb_internal.retention_said.expired is 'As retention_expiry says.';
comment on column pydb_internal.retention_said.past is 'As retention_expiry says.';
comment on column pydb_internal.retention_said.future is 'As retention_expiry says.';
comment on column pydb_internal.retention_said.filtered is 'As retention_expiry says: "and …", or the empty text.';
comment on column pydb_internal.retention_said.walked is 'As retention_expiry says: expired, for batch after batch.';
comment on column pydb_internal.retention_said.ruled is
'As retention_rule_condition says, row by row: "and …", or the empty text.';
comment on column pydb_internal.retention_said.ruled_joined is 'The same for a look at many rows, with joined.';
comment on column pydb_internal.retention_said.joined is 'As retention_rule_source says: " left join …", or nothing.';
comment on column pydb_internal.retention_said.last is
'Of a partitioned table whose last rows are kept: which these are; null = not asked (retention_last_survey).';
comment on column pydb_internal.retention_said.since is
'The time of the oldest row that has the last place which is kept: no older row is one of as many newer ones.';

create type pydb_internal.retention_bounds as (
    parent oid,
    partition oid,
    lower_bound text,
    upper_bound text,
    is_default boolean,
    is_old boolean,
    is_young boolean,
    is_sure boolean,
    is_last boolean
);

comment on type pydb_internal.retention_bounds is 'What the bounds of a partition say about its rows.';
comment on column pydb_internal.retention_bounds.parent is 'Table that it is a partition of.';
comment on column pydb_internal.retention_bounds.partition is 'Partition.';
comment on column pydb_internal.retention_bounds.lower_bound is 'Where it begins, in UTC; null = at no bound.';
comment on column pydb_internal.retention_bounds.upper_bound is 'Where it ends, in UTC; null = at no bound.';
comment on column pydb_internal.retention_bounds.is_default is 'True: the default partition.';
comment on column pydb_internal.retention_bounds.is_old is 'True: all times within are before the cutoff.';
comment on column pydb_internal.retention_bounds.is_young is 'True: none is.';
comment on column pydb_internal.retention_bounds.is_sure is
'True: no row within can have a time that the policy leaves (before 1980, a uuid of another version).';
comment on column pydb_internal.retention_bounds.is_last is
'True: it ends last, and no partition of its table takes rows from now on.';

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, choices, description) values
(
    'partition_lock_timeout', '20 ms', 'interval', false, '1 ms', '60 s', null,
    'longest wait for the lock on a table that is to lose a partition; whoever comes after waits as long (interval)'
),
(
    'partition_patience', '2 min', 'interval', false, '0', '1 day', null,
    'how long a run tries to get that lock, again and again, before it leaves the partition (interval, 0 to 1 day)'
);

create type pydb_internal.retention_warning as (
    code text,
    said text
);

comment on type pydb_internal.retention_warning is 'A warning of a plan.';
comment on column pydb_internal.retention_warning.code is
'What kind of warning it is, as in retention_plan.codes: programs read this.';
comment on column pydb_internal.retention_warning.said is 'The same as a sentence for a person.';

insert into pydb_internal.run_kind (name, job_kind, label, has_terms, audit_action, hint, names_windows) values
('retention', 'retention', 'policy %s', true, 'retention_run',
    'select * from pydb.retention_job_log order by id desc limit 10;', true),
('export', 'retention', 'policy %s', true, 'retention_export_run',
    'select * from pydb.retention_job_log order by id desc limit 10;', false);

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
    first_way text,
    fault_place text,
    parts_since timestamptz,
    parts_stuck bigint,
    parts_done bigint,
    parts_rows bigint,
    parts_waiting bigint,
    parts_planned oid[],
    holds bigint,
    held bigint,
    free text,
    free_since text,
    free_at bigint,
    free_until timestamptz,
    named oid[],
    names text,
    fixed_ms float8,
    last_rows bigint,
    last_ms float8,
    fault_words jsonb,
    parts_most bigint
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
comment on column pydb_internal.retention_work.fault_place is 'In which code of the application it was raised.';
comment on column pydb_internal.retention_work.faults is 'Rows kept by errors of any kind: object, SQLSTATE to rows.';
comment on column pydb_internal.retention_work.parts_since is
'Since when no partition could be locked; null = the last one could.';
comment on column pydb_internal.retention_work.parts_stuck is 'Partitions that stayed because somebody held them.';
comment on column pydb_internal.retention_work.parts_done is 'Partitions that went.';
comment on column pydb_internal.retention_work.parts_rows is 'Their rows.';
comment on column pydb_internal.retention_work.parts_waiting is
'Partitions that are detached and wait for somebody who exports their rows.';
comment on column pydb_internal.retention_work.parts_planned is 'Partitions that were to go as a whole when it began.';
comment on column pydb_internal.retention_work.holds is 'How often holds had changed when its parts were laid out.';
comment on column pydb_internal.retention_work.held is 'Rows that a hold kept when they were counted.';
comment on column pydb_internal.retention_work.free is
'That no hold keeps a row, as SQL over alias t, as it was when its parts were laid out.';
comment on column pydb_internal.retention_work.free_since is
'The same by the holds of later, where they have changed; empty where they have not.';
comment on column pydb_internal.retention_work.free_at is 'How often holds had changed when free_since was asked.';
comment on column pydb_internal.retention_work.free_until is 'When it is to be asked again: an override ends.';
comment on column pydb_internal.retention_work.named is 'Tables that its conditions may name.';
comment on column pydb_internal.retention_work.names is 'Their names before the conditions were made.';
comment on column pydb_internal.retention_work.fixed_ms is
'What a batch takes however few its rows are, at most; null = it has not shown.';
comment on column pydb_internal.retention_work.last_rows is 'Rows of the last batch.';
comment on column pydb_internal.retention_work.last_ms is 'Milliseconds that it took.';
comment on column pydb_internal.retention_work.fault_words is
'What it says beside its message: object, detail and hint; null = nothing.';
comment on column pydb_internal.retention_work.parts_most is
'Partitions that the next lock takes at most; null = none has shown how long that is.';

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
