create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

-- retention_policy: the watermark
alter table pydb.retention_policy add column watermark_table regclass;
alter table pydb.retention_policy add column watermark_column name;
alter table pydb.retention_policy add column watermark_pick text not null default 'max';
alter table pydb.retention_policy add column watermark_filter text;
alter table pydb.retention_policy add column watermark_function text;
alter table pydb.retention_policy add constraint retention_policy_watermark_check check (
    (watermark_table is null) = (watermark_column is null) and num_nonnulls(watermark_table, watermark_function) < 2
    and watermark_pick in ('max', 'min') and (watermark_filter is null or watermark_table is not null)
);
comment on column pydb.retention_policy.watermark_table is
'Table whose column tells up to when rows may go: what is summed up, copied or sent. No row from then on expires.';
comment on column pydb.retention_policy.watermark_column is 'Its column.';
comment on column pydb.retention_policy.watermark_pick is 'max or min: which of its values.';
comment on column pydb.retention_policy.watermark_filter is
'Only the rows of watermark_table for which this holds; as the server understood it.';
comment on column pydb.retention_policy.watermark_function is
'Function without arguments that tells it instead of a table.';
drop routine pydb.retention_policy_set;

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

-- retention_policy: partitions
alter table pydb.retention_policy add column partition text not null default 'drop';
alter table pydb.retention_policy add column partition_schema name;
alter table pydb.retention_policy add constraint retention_policy_partition_check check (
    partition in ('drop', 'keep', 'move') and (partition = 'move') = (partition_schema is not null)
);
comment on column pydb.retention_policy.partition is
'drop_partition: what becomes of a partition that was detached: drop, keep (a table of its own) or move (to
partition_schema).';
comment on column pydb.retention_policy.partition_schema is 'Schema that detached partitions are moved to.';
comment on column pydb.retention_policy.action is
'delete, or drop_partition (partitions that expired as a whole go at once); archive and nullify are reserved.';

-- partitions that policies took out of their tables
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

revoke all on pydb.retention_partition from public;

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
    'how long a run tries to get that lock, again and again, before it leaves the partition (interval, up to 1 day)'
);

alter type pydb_internal.retention_work add attribute parts_since timestamptz;
alter type pydb_internal.retention_work add attribute parts_stuck bigint;
alter type pydb_internal.retention_work add attribute parts_done bigint;
alter type pydb_internal.retention_work add attribute parts_rows bigint;
comment on column pydb_internal.retention_work.parts_since is
'Since when no partition could be locked; null = the last one could.';
comment on column pydb_internal.retention_work.parts_stuck is 'Partitions that stayed because somebody held them.';
comment on column pydb_internal.retention_work.parts_done is 'Partitions that went.';
comment on column pydb_internal.retention_work.parts_rows is 'Their rows.';
drop routine pydb_internal.retention_survey;
