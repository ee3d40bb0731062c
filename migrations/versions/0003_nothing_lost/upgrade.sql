create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

-- archiving runs: the deletes are told which run keeps what goes
drop routine pydb.cascade_delete;
drop routine pydb.cascade_plan;
drop routine pydb.cascade_request;
drop routine pydb.entity_set;
drop routine pydb_internal.cascade_delete_once;
drop routine pydb_internal.cascade_deletes;
drop routine pydb_internal.cascade_execute;
drop routine pydb_internal.cascade_log;
drop routine pydb_internal.cascade_resolve_choices;
drop routine pydb_internal.cascade_write;
drop routine pydb_internal.retention_delete;
drop routine pydb_internal.retention_delete_cascade;
drop routine pydb_internal.retention_delete_rows;
drop routine pydb_internal.retention_take;
drop routine pydb_internal.run_log_done;

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

alter type pydb_internal.retention_work add attribute fault_place text;
comment on column pydb_internal.retention_work.fault_place is 'In which code of the application it was raised.';
alter table pydb.retention_policy drop constraint retention_policy_action_check;

alter table pydb.retention_policy add constraint retention_policy_action_check check (
    action in ('delete', 'archive', 'nullify', 'drop_partition', 'export')
);

comment on column pydb.retention_policy.action is
'delete, archive (what goes is kept, see pydb.archive_table), export (to files, by pydb archive export) or
drop_partition (partitions that expired as a whole go at once); nullify is reserved.';

insert into pydb_internal.run_kind (name, job_kind, label, has_terms, audit_action, hint) values
('export', 'retention', 'policy %s', true, 'retention_export_run',
    'select * from pydb.retention_job_log order by id desc limit 10;');
alter table pydb.reference add column author_role regrole;

comment on column pydb.reference.author_role is
'The role that set it, whatever it is called now; its conditions run only as a role that this one could become.';

update pydb.reference as f set author_role = r.oid
from pg_catalog.pg_roles as r
where r.rolname = f.author;

drop routine pydb_internal.retention_references;
-- cascade: what triggers delete is accepted by jobs too
drop routine pydb_internal.cascade_check_job;
drop routine pydb_internal.cascade_check_trial;
drop routine pydb_internal.cascade_trial;
drop routine pydb_internal.cascade_job_delete;
drop routine pydb_internal.cascade_job_batch;
drop routine pydb_internal.cascade_job_progress;
alter table pydb.cascade_job
add column allow_triggers boolean not null default false, add column triggered jsonb not null default '{}'::jsonb;
comment on column pydb.cascade_job.allow_triggers is
'True: what triggers delete beyond the plan is accepted, in each batch.';
comment on column pydb.cascade_job.triggered is
'Object: relation → rows that triggers deleted beyond what the batches were to take; they count in relations too.';
alter type pydb_internal.cascade_work add attribute allow_triggers boolean;
comment on column pydb_internal.cascade_work.allow_triggers is
'True: what triggers delete beyond the plan is accepted.';

-- cascade: the ledger of erasures
insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'erasure_deadline', '30 days', 'interval', '1 hour', '100 years',
    'an erasure is to be done so long after its request, where that names no deadline (interval, from 1 hour)'
);
create table pydb.erasure (
    id uuid not null default pg_catalog.gen_random_uuid(),
    entity text not null,
    root_name text not null,
    key_columns name[] not null,
    salt bytea not null,
    key_hashes bytea[] not null,
    reason text not null,
    state text not null,
    refusal text,
    requested_by text not null,
    requested_at timestamptz not null,
    approved_by text,
    approved_at timestamptz,
    deadline timestamptz not null,
    job bigint,
    run_ids bigint[] not null default '{}',
    rows_planned bigint,
    planned jsonb,
    closure_sha256 text,
    started_at timestamptz,
    finished_at timestamptz,
    rows_done bigint not null default 0,
    relations jsonb not null default '{}'::jsonb,
    remaining bigint,
    rescanned_at timestamptz,
    holds text[] not null default '{}',
    replay_of uuid,
    imported_at timestamptz,
    constraint erasure_pkey primary key (id),
    constraint erasure_state_check check (state in ('requested', 'started', 'completed', 'refused')),
    constraint erasure_refusal_check check (refusal in ('blocked', 'not_approved', 'cancelled', 'error')),
    constraint erasure_refused_check check ((refusal is not null) = (state = 'refused')),
    constraint erasure_reason_check check (reason <> ''),
    constraint erasure_finished_check check ((state in ('completed', 'refused')) = (finished_at is not null)),
    constraint erasure_remaining_check check (state <> 'completed' or remaining = 0)
);

create unique index erasure_job_key on pydb.erasure (job);
create index erasure_entity_idx on pydb.erasure (entity, requested_at);

comment on table pydb.erasure is
'The ledger of erasures: a row each, entered before the first row goes; no key is in it, only salted hashes.
Append-only: delete and truncate are refused, and of a row only how far it is changes. Keep copies outside: pydb erasure
export.';
comment on column pydb.erasure.id is 'Id of the erasure, the same in every copy of the ledger.';
comment on column pydb.erasure.entity is 'Entity whose rows were to go.';
comment on column pydb.erasure.root_name is 'Qualified name of its root table, at that time.';
comment on column pydb.erasure.key_columns is
'Columns of the hashed key: the primary key, or that by which a row was named that was not there.';
comment on column pydb.erasure.salt is 'Salt of the hashes; the erasures of an entity have one.';
comment on column pydb.erasure.key_hashes is
'SHA-256 of each root key, as a jsonb object of its columns in text, with the salt after it.';
comment on column pydb.erasure.reason is 'Why, in the requester''s words.';
comment on column pydb.erasure.state is
'requested (a job that has not begun), started, completed (a look again found nothing) or refused.';
comment on column pydb.erasure.refusal is 'Why it was refused: blocked, not_approved, cancelled or error.';
comment on column pydb.erasure.requested_by is 'Login role that asked for it.';
comment on column pydb.erasure.requested_at is 'When that was.';
comment on column pydb.erasure.approved_by is 'Login role that approved it.';
comment on column pydb.erasure.approved_at is 'When that was.';
comment on column pydb.erasure.deadline is
'When it must be done: request and the setting erasure_deadline, or as asked.';
comment on column pydb.erasure.job is 'Its cascade job; null where it was one transaction.';
comment on column pydb.erasure.run_ids is 'Its runs in pydb.job_run.';
comment on column pydb.erasure.rows_planned is 'Rows that were to be deleted; null where it was never planned.';
comment on column pydb.erasure.planned is 'Object: relation → rows that were to be deleted.';
comment on column pydb.erasure.closure_sha256 is
'SHA-256 of the plan: array of [relation, reference, action, rows], children first, as jsonb in text.';
comment on column pydb.erasure.started_at is 'When its first run began.';
comment on column pydb.erasure.finished_at is 'When it was completed or refused.';
comment on column pydb.erasure.rows_done is 'Rows that were deleted.';
comment on column pydb.erasure.relations is 'Object: relation → rows that were deleted.';
comment on column pydb.erasure.remaining is
'Rows with its keys, and rows that hang on them, found after the last delete.';
comment on column pydb.erasure.rescanned_at is 'When that was looked for.';
comment on column pydb.erasure.holds is 'Names of holds that keep parts of it; none yet.';
comment on column pydb.erasure.replay_of is 'The erasure that this one repeated, after a restore.';
comment on column pydb.erasure.imported_at is
'When it was read from a file: then its word is that of the file, and job and runs of that time are left out.';

revoke all on pydb.erasure from public;

-- cascades that archive
alter table pydb.entity add column archive boolean not null default false;

comment on column pydb.entity.archive is 'True: what its cascades delete is kept in archives, unless they say otherwise.';

alter table pydb.cascade_job add column archive boolean not null default false;

comment on column pydb.cascade_job.archive is 'True: what it deletes is kept in archives, under the ids of its runs.';

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
    'how long a run tries to get that lock, again and again, before it leaves the partition (interval, 0 to 1 day)'
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

-- a policy's conditions: one whose lower bound the planner does not see
drop routine pydb_internal.retention_expiry;

drop routine pydb.reference_suggest;

drop routine pydb_internal.reference_measure;
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, heirs (their rows with these keys stay visible), locks, superuser, archived (what goes is kept),
unlinked (a restore does not set them back). Blocking: unarchivable (with an archive).';
