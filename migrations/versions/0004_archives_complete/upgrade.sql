-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run add column signature text;
alter table pydb.archive_run add column columns name[];
alter table pydb.archive_run add column deleted bigint;
alter table pydb.archive_run add column relations numeric;
comment on column pydb.archive_run.signature is
'Fingerprint of the columns of table and archive, when the run last compared them.';
comment on column pydb.archive_run.columns is 'The columns of the table then, in its order.';

alter type pydb_internal.run_turn add attribute is_settled boolean;
comment on column pydb_internal.run_turn.is_settled is
'True: the turn can have put nothing off to the end of its transaction (deferred constraints and triggers).';

-- the count also says where the rows end
drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;

-- a search_path of its own for a policy, an entity, a job, and for what runs archived
drop routine pydb.cascade_delete;
drop routine pydb.cascade_request;
drop routine pydb.entity_set;
drop routine pydb.orphan_repair;
drop routine pydb.orphan_restore;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.cascade_resolve_choices;

alter table pydb.retention_policy add column search_path name[];

comment on column pydb.retention_policy.search_path is
'Schemas in which triggers and other code of the application look for names in a run; null = as the running role does.';

alter table pydb.entity add column search_path name[];

comment on column pydb.entity.search_path is
'Schemas in which triggers and other code of the application look for names in its cascades, unless they say otherwise;
null = as the running role does.';

alter table pydb.cascade_job add column search_path name[];

comment on column pydb.cascade_job.search_path is
'Schemas in which triggers and other code of the application look for names; null = as the running role does.';

alter table pydb.archive_run add column search_path name[];

comment on column pydb.archive_run.search_path is
'Schemas in which triggers looked for names when the rows went, and look when they come back; null = as the running role
does.';

alter type pydb_internal.orphan_repair_work add attribute search_path name[];

comment on column pydb_internal.orphan_repair_work.search_path is
'Schemas in which triggers look for names; null = as the running role does.';

drop routine pydb_internal.export_range;
drop routine pydb_internal.archive_places;

-- erasures for good, and what the ledger keeps of their edges
drop routine pydb.cascade_plan;
drop routine pydb_internal.erasure_back;
drop routine pydb_internal.erasure_row;
alter table pydb.cascade_job add column purge boolean not null default false;
alter table pydb.erasure add column purge boolean not null default false;
alter table pydb.erasure add column edges jsonb not null default '[]'::jsonb;
alter type pydb_internal.cascade_work add attribute purge boolean;
insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'erasure_warning', '7 days', 'interval', '1 hour', '100 years',
    'pydb doctor warns so long before the deadline of an erasure that is not done (interval, from 1 hour)'
),
(
    'erasure_edge_keys', '10000', 'bigint', '0', '1000000',
    'an erasure keeps the salted hashes of at most so many keys of each table below the root (integer, from 0)'
);
comment on column pydb.cascade_job.keys is
'Keys of the root rows: array of objects; empty ones once an erasure is completed.';
comment on column pydb.cascade_job.purge is
'True: for good: what archives and the quarantine hold of its rows goes first.';
comment on column pydb.erasure.purge is 'True: for good: what archives and the quarantine held of it too.';
comment on column pydb.erasure.edges is
'Array: reference, child, columns, parent, parent_columns, keys (how many), hashes (of the keys of the rows of parent,
salted; null = too many to be kept, setting erasure_edge_keys): by them pydb.erasure_verify_edges looks below rows that
are gone.';
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
comment on column pydb.cascade_step.action is
'delete; nullify (set null) and default (set default) are updates; purge: copies in an archive or the quarantine go too;
blocked: the rows stop the whole delete.';
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, heirs (their rows with these keys stay visible), locks, superuser, archived (what goes is kept),
unlinked (a restore does not set them back), purge (copies that go for good). Blocking:
unarchivable (with an archive).';
comment on column pydb_internal.cascade_work.purge is 'True: copies of its rows go first.';

-- one version stands for all rows of a chunk that have the same
alter table pydb_internal.archive_chunk drop constraint archive_chunk_versions_check;
alter table pydb_internal.archive_chunk add constraint archive_chunk_versions_check check (
    cardinality(versions) between 1 and cardinality(tids)
);
comment on column pydb_internal.archive_chunk.versions is
'Their versions (xmin), each at least once: all of them, or one where all have the same.';

-- archive_run, archive_manifest: what went from archives to files
alter table pydb.archive_run add column exported bigint not null default 0;
alter table pydb.archive_run add constraint archive_run_exported_check check (exported between 0 and purged);
comment on column pydb.archive_run.purged is 'Rows that left the archive for good, or for a file.';
comment on column pydb.archive_run.exported is 'Those of the purged ones that are in verified files: pydb.archive_manifest.';

alter table pydb.archive_manifest add column archived_run_id bigint;
create index archive_manifest_archived_run_id_idx on pydb.archive_manifest (archived_run_id)
where archived_run_id is not null;
comment on column pydb.archive_manifest.archived_run_id is
'Run that had archived the rows, where the file was made of an archive: relation is that archive, source_name the table
that its rows go back to. Null = made of the table itself.';

insert into pydb_internal.run_kind (name, job_kind, audit_action, hint) values
('archive_export', 'archive', 'archive_export', 'select * from pydb.archive_list where rows > 0;');

-- a file comes back as a restore brings rows back
drop routine pydb_internal.archive_import_open;
drop routine pydb_internal.archive_key;

comment on column pydb.archive_run.deleted is
'Rows that the session of the run had deleted from all tables when its last batch with triggers ended.';
comment on column pydb.archive_run.relations is
'Sum of the numbers of those tables: another one is another set of them.';

-- archive_balance, archive_account: what a batch has counted is where the next one begins
drop routine pydb_internal.archive_balance;
drop routine pydb_internal.archive_account;

-- archives that are there are purged every night, unless somebody has said when, or that they are not
update pydb.schedule_source as s set schedule = '40 4 * * *', updated_at = now()
where s.procedure = 'archive_purge' and s.schedule is null and exists (select from pydb.archive_table as t)
    and not exists (select from pydb.audit_log as a where a.action = 'schedule_set' and a.subject = s.procedure);

-- retention_policy: partitions whose rows are saved before they are dropped
alter table pydb.retention_policy add column partition_first text;
alter table pydb.retention_policy add constraint retention_policy_partition_first_check check (
    partition_first is null
    or (partition_first in ('archive', 'export') and action = 'drop_partition' and partition = 'drop')
);
comment on column pydb.retention_policy.partition_first is
'What becomes of the rows of a partition before it is dropped: archive (into the archive of the table) or export (to
files, by pydb archive export); null = nothing.';
alter table pydb.retention_partition add column rows_saved bigint;
comment on column pydb.retention_partition.rows_saved is
'Rows of it that went to the archive of its table, or to verified files, before it was dropped; null = none were to.';
alter type pydb_internal.retention_work add attribute parts_waiting bigint;
comment on column pydb_internal.retention_work.parts_waiting is
'Partitions that are detached and wait for somebody who exports their rows.';
alter type pydb_internal.retention_work add attribute parts_planned oid[];
comment on column pydb_internal.retention_work.parts_planned is 'Partitions that were to go as a whole when it began.';

-- several partitions go under one lock
drop routine pydb_internal.retention_partition_lock;

drop routine pydb_internal.retention_partition_remove;
