create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

-- archiving runs: the deletes are told which run keeps what goes
drop routine pydb.cascade_delete;
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
alter table pydb.retention_policy drop constraint retention_policy_action_check;

alter table pydb.retention_policy add constraint retention_policy_action_check check (
    action in ('delete', 'archive', 'nullify', 'drop_partition', 'export')
);

comment on column pydb.retention_policy.action is
'delete, archive (what goes is kept, see pydb.archive_table), or export (to files, by pydb archive export); nullify and '
'drop_partition are reserved.';

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
