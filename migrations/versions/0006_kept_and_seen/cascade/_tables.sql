-- pydb cascade tables: durable cascade jobs, what a run of one keeps in mind, and the types of a closure and its plan.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, min_value, description) values
(
    'cascade_unindexed_rows', '1000000', 'bigint', '0',
    'a reference without an index to a table of at least so many rows needs p_allow_unindexed (integer, from 0)'
),
(
    'cascade_unindexed_pages', '1000000', 'bigint', '0',
    'so do scans of more than so many pages in all: deleted parent rows times pages of the table (integer, from 0)'
),
(
    'cascade_trial_rows', '50000', 'bigint', '0',
    'a cascade job of at most so many rows is tried and undone before its first row goes; 0 = none is (integer, from 0)'
);

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'erasure_deadline', '30 days', 'interval', '1 hour', '100 years',
    'an erasure is to be done so long after its request, where that names no deadline (interval, from 1 hour)'
);

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'erasure_warning', '7 days', 'interval', '1 hour', '100 years',
    'pydb doctor warns so long before the deadline of an erasure that is not done (interval, from 1 hour)'
),
(
    'erasure_edge_keys', '10000', 'bigint', '0', '1000000',
    'an erasure keeps the salted hashes of at most so many keys of each table below the root (integer, from 0)'
);

insert into pydb.schedule_source (procedure, kind, job_prefix, description) values
(
    'cascade_run', 'cascade', 'pydb.cascade_run',
    'executes the cascade jobs that are due: approved where they must be, and their grace period over'
);

create table pydb.cascade_job (
    id bigint generated always as identity,
    entity text,
    root regclass not null,
    root_name text not null,
    keys jsonb not null,
    edges jsonb not null default '{}'::jsonb,
    reason text,
    state text not null default 'requested',
    plan jsonb not null,
    rows_planned bigint not null,
    signature text not null,
    approval boolean not null,
    not_before timestamptz not null,
    requested_by text not null default session_user,
    requested_at timestamptz not null default pg_catalog.now(),
    approved_by text,
    approved_at timestamptz,
    cancelled_by text,
    cancelled_at timestamptz,
    run_id bigint,
    rows_done bigint not null default 0,
    relations jsonb not null default '{}'::jsonb,
    proof jsonb,
    finished_at timestamptz,
    requested_by_role oid,
    approved_by_role oid,
    allow_triggers boolean not null default false,
    triggered jsonb not null default '{}'::jsonb,
    archive boolean not null default false,
    search_path name[],
    purge boolean not null default false,
    constraint cascade_job_pkey primary key (id),
    constraint cascade_job_state_check check (
        state in ('requested', 'approved', 'started', 'completed', 'cancelled')
    ),
    constraint cascade_job_approved_check check ((approved_by is null) = (approved_at is null)),
    constraint cascade_job_second_check check (
        case
            when requested_by_role is null then approved_by <> requested_by
            else approved_by_role <> requested_by_role
        end
    ),
    constraint cascade_job_cancelled_check check ((state = 'cancelled') = (cancelled_at is not null)),
    constraint cascade_job_proof_check check ((state = 'completed') = (proof is not null))
);

create index cascade_job_state_idx on pydb.cascade_job (state) where state in ('requested', 'approved', 'started');

comment on table pydb.cascade_job is
'Durable cascades: what was asked for, its exact plan, who approved it, how far it is, and the proof at its end.';
comment on column pydb.cascade_job.id is 'Job id: call pydb.cascade_run(id).';
comment on column pydb.cascade_job.entity is 'Entity it was requested by; null for a table.';
comment on column pydb.cascade_job.root is 'Table of the root rows.';
comment on column pydb.cascade_job.root_name is 'Its qualified name at the request.';
comment on column pydb.cascade_job.keys is
'Keys of the root rows: array of objects; empty ones once an erasure is completed.';
comment on column pydb.cascade_job.edges is 'Choices for edges, as in pydb.entity.edges.';
comment on column pydb.cascade_job.reason is 'Why, in the requester''s words.';
comment on column pydb.cascade_job.state is
'requested, approved, started (running or to be resumed), completed or cancelled; how each run ended is in job_run.';
comment on column pydb.cascade_job.plan is 'The rows of pydb.cascade_plan at the request.';
comment on column pydb.cascade_job.rows_planned is 'Rows that the plan would delete.';
comment on column pydb.cascade_job.signature is 'Hash of the tables and references of the plan: a change is seen.';
comment on column pydb.cascade_job.approval is 'True: it waits for a second person.';
comment on column pydb.cascade_job.not_before is 'Earliest start: request and grace period.';
comment on column pydb.cascade_job.requested_by is 'Login role that asked for it.';
comment on column pydb.cascade_job.requested_at is 'When that was.';
comment on column pydb.cascade_job.approved_by is 'Login role that approved it, never the one that asked.';
comment on column pydb.cascade_job.approved_at is 'When that was.';
comment on column pydb.cascade_job.cancelled_by is 'Login role that cancelled it before it started.';
comment on column pydb.cascade_job.cancelled_at is 'When that was.';
comment on column pydb.cascade_job.run_id is 'pydb.job_run.id of the last run.';
comment on column pydb.cascade_job.rows_done is 'Rows deleted so far, committed with each batch.';
comment on column pydb.cascade_job.relations is 'Object: relation → rows deleted so far.';
comment on column pydb.cascade_job.proof is
'At the end: counts per relation, SHA-256 of the root keys, rows that remain (zero), time.';
comment on column pydb.cascade_job.finished_at is 'When it was completed.';
comment on column pydb.cascade_job.requested_by_role is
'The role that asked for it, whatever it is called now: this one never approves.';
comment on column pydb.cascade_job.approved_by_role is 'The role that approved it, whatever it is called now.';
comment on column pydb.cascade_job.allow_triggers is
'True: what triggers delete beyond the plan is accepted, in each batch.';
comment on column pydb.cascade_job.triggered is
'Object: relation → rows that triggers deleted beyond what the batches were to take; they count in relations too.';
comment on column pydb.cascade_job.archive is 'True: what it deletes is kept in archives, under the ids of its runs.';
comment on column pydb.cascade_job.search_path is
'Schemas in which triggers and other code of the application look for names; null = as the running role does.';
comment on column pydb.cascade_job.purge is
'True: for good: what archives and the quarantine hold of its rows goes first.';

create type pydb.erasure_edge as (
    reference text,
    child text,
    columns name[],
    parent text,
    parent_columns name[],
    keys bigint,
    hashes bytea[]
);

comment on type pydb.erasure_edge is 'What the ledger of erasures keeps of an edge, to look below rows that are gone.';
comment on column pydb.erasure_edge.reference is 'Its reference.';
comment on column pydb.erasure_edge.child is 'Table whose rows named the keys.';
comment on column pydb.erasure_edge.columns is 'Its columns.';
comment on column pydb.erasure_edge.parent is 'Table whose rows had the keys.';
comment on column pydb.erasure_edge.parent_columns is 'Its columns.';
comment on column pydb.erasure_edge.keys is 'How many keys; null = of a type that cannot be read.';
comment on column pydb.erasure_edge.hashes is
'Their salted hashes; null = too many to be kept (setting erasure_edge_keys), or not readable.';

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
    purge boolean not null default false,
    edges pydb.erasure_edge[] not null default '{}',
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
comment on column pydb.erasure.purge is 'True: for good: what archives and the quarantine held of it too.';
comment on column pydb.erasure.edges is
'Its edges, with the salted hashes of the keys of the rows that went: by them pydb.erasure_verify_edges looks below rows
that are gone.';

create type pydb_internal.erasure_task as (
    id uuid,
    entity text,
    job bigint,
    purge boolean,
    edge pydb_internal.reference_edge,
    relation text,
    reference text,
    salt bytea,
    hashes bytea[],
    keys bigint,
    reason text
);

comment on type pydb_internal.erasure_task is 'An edge to look along for what an erasure took.';
comment on column pydb_internal.erasure_task.id is 'The erasure.';
comment on column pydb_internal.erasure_task.entity is 'Its entity.';
comment on column pydb_internal.erasure_task.job is 'Its job.';
comment on column pydb_internal.erasure_task.purge is 'True: it was for good.';
comment on column pydb_internal.erasure_task.edge is 'The edge as it is now; null = it is gone.';
comment on column pydb_internal.erasure_task.relation is 'Its child.';
comment on column pydb_internal.erasure_task.reference is 'Its name; null = the root, by its own key.';
comment on column pydb_internal.erasure_task.salt is 'Salt of the hashes.';
comment on column pydb_internal.erasure_task.hashes is 'Hashes of the keys that its rows would name.';
comment on column pydb_internal.erasure_task.keys is 'How many keys there were; null = not known.';
comment on column pydb_internal.erasure_task.reason is 'Why it cannot be looked along; null = it can.';

create type pydb_internal.cascade_rows as (
    layer integer,
    edge integer,
    effect text,
    relation oid,
    tids tid[]
);

comment on type pydb_internal.cascade_rows is
'Rows of one relation that one edge reaches from one layer: their effect (delete, nullify, default, check) and places.';
comment on column pydb_internal.cascade_rows.layer is 'Edges between these rows and the root rows; 0 = root rows.';
comment on column pydb_internal.cascade_rows.edge is 'Place of the edge in the walk''s list of edges; 0 = root rows.';
comment on column pydb_internal.cascade_rows.effect is
'delete, nullify, default, or check: rows that may keep their parent.';
comment on column pydb_internal.cascade_rows.relation is
'Relation that holds the rows (a leaf, never a partitioned table).';
comment on column pydb_internal.cascade_rows.tids is
'Places of the rows (ctid), good only under the snapshot they were read.';

create type pydb_internal.cascade_copy as (
    layer integer,
    reference text,
    parent oid,
    store oid,
    source oid,
    tids tid[]
);

comment on type pydb_internal.cascade_copy is
'Rows of an archive, or of the quarantine, that one edge reaches from one layer of such rows, or from live ones.';
comment on column pydb_internal.cascade_copy.layer is 'Round in which they were found; 0 = by keys and live rows.';
comment on column pydb_internal.cascade_copy.reference is 'The edge; null = they have a key of the root.';
comment on column pydb_internal.cascade_copy.parent is 'Its parent, of partitions the topmost table.';
comment on column pydb_internal.cascade_copy.store is 'Relation that holds them.';
comment on column pydb_internal.cascade_copy.source is 'Table that they are copies of.';
comment on column pydb_internal.cascade_copy.tids is
'Their places (ctid), good only under the snapshot they were read.';

create type pydb_internal.cascade_warning as (
    code text,
    warning text,
    cure text
);

comment on type pydb_internal.cascade_warning is 'One warning of a cascade.';
comment on column pydb_internal.cascade_warning.code is
'What it is about, one of the words of pydb.cascade_step.codes.';
comment on column pydb_internal.cascade_warning.warning is 'One sentence.';
comment on column pydb_internal.cascade_warning.cure is 'Statement that would cure it; null = none.';

create type pydb_internal.cascade_edge as (
    edge pydb_internal.reference_edge,
    effect text,
    hurdle pydb_internal.cascade_warning,
    matched bigint
);

comment on type pydb_internal.cascade_edge is 'An edge as a walk met it.';
comment on column pydb_internal.cascade_edge.edge is 'The edge.';
comment on column pydb_internal.cascade_edge.effect is 'delete, nullify, default, check, or hidden.';
comment on column pydb_internal.cascade_edge.hurdle is 'Why it cannot do what it should; null if it can.';
comment on column pydb_internal.cascade_edge.matched is 'Rows behind it, also those that another edge reached.';

create type pydb_internal.cascade_closure as (
    edges pydb_internal.cascade_edge[],
    parts pydb_internal.cascade_rows[]
);

comment on type pydb_internal.cascade_closure is
'What a walk over references found: the edges met, and the rows behind each.';
comment on column pydb_internal.cascade_closure.edges is 'Edges in the order in which they were met.';
comment on column pydb_internal.cascade_closure.parts is 'Rows, layer by layer.';

create type pydb.cascade_step as (
    step integer,
    depth integer,
    relation text,
    via text,
    action text,
    rows bigint,
    indexed boolean,
    warning text,
    parent text,
    kind text,
    on_delete text,
    matched bigint,
    cure text,
    order_dependent boolean,
    done bigint,
    codes text[]
);

comment on type pydb.cascade_step is 'One edge of a cascade: what goes through it, and what stands in the way.';
comment on column pydb.cascade_step.step is 'Order of execution: 1 is first, children before parents, the root last.';
comment on column pydb.cascade_step.depth is 'Fewest edges between these rows and the root rows; 0 = root rows.';
comment on column pydb.cascade_step.relation is 'Table of the rows; of a partition, the topmost table above it.';
comment on column pydb.cascade_step.via is 'Reference that leads here; null for the root rows.';
comment on column pydb.cascade_step.action is
'delete; nullify (set null) and default (set default) are updates; purge: copies in an archive or the quarantine go too;
blocked: the rows stop the whole delete.';
comment on column pydb.cascade_step.rows is
'Rows that this edge reaches first: summed by relation and action each row counts once. Null: cannot be counted.';
comment on column pydb.cascade_step.indexed is 'True if an index of the child serves the reference.';
comment on column pydb.cascade_step.warning is 'What to know before, sentences joined by semicolons; null = nothing.';
comment on column pydb.cascade_step.parent is 'Table that the reference points at.';
comment on column pydb.cascade_step.kind is 'root, declared or logical.';
comment on column pydb.cascade_step.on_delete is 'The reference''s own action.';
comment on column pydb.cascade_step.matched is 'All rows behind the edge, also those that another edge reached first.';
comment on column pydb.cascade_step.cure is 'Statement that would cure what warning says; null = none.';
comment on column pydb.cascade_step.order_dependent is
'True: PostgreSQL may refuse, depending on the order of its triggers; the delete itself finds out.';
comment on column pydb.cascade_step.done is 'Rows that went or were set; null in a plan.';
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, heirs (their rows with these keys stay visible), locks, superuser, archived (what goes is kept),
unlinked (a restore does not set them back), purge (copies that go for good). Blocking:
unarchivable (with an archive).';

insert into pydb_internal.run_kind (name, job_kind, audit_action, failed, blocked, passed_on, hint) values
('cascade', 'cascade', 'cascade_run', 'YD308', 'YD302', '{YD306}', 'call pydb.cascade_run(%2$s);');

create type pydb_internal.cascade_work as (
    job bigint,
    root oid,
    edges jsonb,
    signature text,
    size bigint,
    width integer,
    seen bigint,
    idle integer,
    allow_triggers boolean,
    purge boolean,
    sources oid[],
    mark text,
    graph text
);

comment on type pydb_internal.cascade_work is
'What a run of a cascade job keeps in mind beside its parts (run_state.work). Keys are not in it: there may be many.';
comment on column pydb_internal.cascade_work.job is 'Id of the job.';
comment on column pydb_internal.cascade_work.root is 'Table of the root rows.';
comment on column pydb_internal.cascade_work.edges is 'Choices for edges.';
comment on column pydb_internal.cascade_work.signature is 'Hash of the tables and references at the request.';
comment on column pydb_internal.cascade_work.size is 'Rows of the next batch.';
comment on column pydb_internal.cascade_work.width is 'Relations of the next batch.';
comment on column pydb_internal.cascade_work.seen is 'Rows done when it last looked what is left; -1 = it never did.';
comment on column pydb_internal.cascade_work.idle is 'Looks one after the other that led to no deleted row.';
comment on column pydb_internal.cascade_work.allow_triggers is
'True: what triggers delete beyond the plan is accepted.';
comment on column pydb_internal.cascade_work.purge is 'True: copies of its rows go first.';
comment on column pydb_internal.cascade_work.sources is 'Tables whose archives can hold copies of its rows.';
comment on column pydb_internal.cascade_work.mark is
'What these archives had been given when it last looked for copies.';
comment on column pydb_internal.cascade_work.graph is
'Mark of all references when they were last compared with the signature.';

revoke all on pydb.cascade_job, pydb.erasure from public;
