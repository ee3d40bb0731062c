-- pydb orphans tables: what scans found and how far they are, marks that tell the age of rows, the quarantine.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'orphan_min_age', '5 min', 'interval', '0', '100 years',
    'rows without a parent that may be younger are not yet called orphans, where no key is enforced (interval, from 0)'
);

insert into pydb.schedule_source (procedure, kind, job_prefix, run_subject, description) values
(
    'orphan_scan_run', 'orphans', 'pydb.orphan_scan_run', 'scan',
    'looks for orphans of every reference; a scan that was cut off goes on'
);

create table pydb.orphan_finding (
    reference text not null,
    kind text not null,
    child text not null,
    parent text not null,
    parent_id oid,
    on_delete text not null,
    status text not null default 'partial',
    reason text,
    sqlstate text,
    looked_at timestamptz,
    progress jsonb,
    coverage numeric not null default 0,
    orphans bigint,
    unconfirmed bigint,
    partly_null bigint,
    checked_rows bigint,
    sample jsonb,
    scanned_at timestamptz,
    first_seen timestamptz,
    last_seen timestamptz,
    constraint orphan_finding_pkey primary key (reference),
    constraint orphan_finding_kind_check check (kind in ('declared', 'logical')),
    constraint orphan_finding_status_check check (status in ('complete', 'partial', 'skipped', 'error')),
    constraint orphan_finding_coverage_check check (coverage between 0 and 1),
    constraint orphan_finding_scanned_check check ((scanned_at is null) = (orphans is null))
);

comment on table pydb.orphan_finding is
'One row a reference: what the last whole scan found, and how the last look went. Written by scans alone.';
comment on column pydb.orphan_finding.reference is 'Name of the reference.';
comment on column pydb.orphan_finding.kind is 'declared (a foreign key) or logical (pydb.reference).';
comment on column pydb.orphan_finding.child is 'Referencing table and columns at the last look.';
comment on column pydb.orphan_finding.parent is 'Referenced table and columns at the last look.';
comment on column pydb.orphan_finding.parent_id is 'Referenced table; null if it was gone.';
comment on column pydb.orphan_finding.on_delete is 'no action, restrict, cascade, set null or set default.';
comment on column pydb.orphan_finding.status is
'How the last look ended: complete, partial (to be continued), skipped (could not be looked at) or error.';
comment on column pydb.orphan_finding.reason is 'Why it is not complete, or what to know about the result.';
comment on column pydb.orphan_finding.sqlstate is 'SQLSTATE of the error.';
comment on column pydb.orphan_finding.looked_at is 'When it was last looked at; null = never yet.';
comment on column pydb.orphan_finding.progress is
'How far a scan is that goes on, and its sums: an orphan_progress as an object; null between scans.';
comment on column pydb.orphan_finding.coverage is 'Share of the child that the last scan checked: 0 to 1.';
comment on column pydb.orphan_finding.orphans is 'Rows without a parent; null before the first whole scan.';
comment on column pydb.orphan_finding.unconfirmed is
'Rows without a parent that may be younger than the least age: seen, not yet counted as orphans.';
comment on column pydb.orphan_finding.partly_null is 'Those of the orphans whose key is partly null (MATCH FULL).';
comment on column pydb.orphan_finding.checked_rows is 'Rows of the child that the scan looked at.';
comment on column pydb.orphan_finding.sample is
'Some of the orphans: array of objects with the referencing columns and the primary key.';
comment on column pydb.orphan_finding.scanned_at is 'End of the last whole scan.';
comment on column pydb.orphan_finding.first_seen is 'Since when each whole scan has found orphans; null if none.';
comment on column pydb.orphan_finding.last_seen is 'When a whole scan last found orphans.';

create table pydb_internal.orphan_mark (
    at timestamptz not null default pg_catalog.clock_timestamp(),
    horizon bigint not null default pg_catalog.pg_snapshot_xmin(pg_catalog.pg_current_snapshot())::text::bigint,
    constraint orphan_mark_pkey primary key (at)
);

comment on table pydb_internal.orphan_mark is
'Moments and the oldest transaction that ran then: rows of older transactions had been committed by that time.';
comment on column pydb_internal.orphan_mark.at is 'The moment.';
comment on column pydb_internal.orphan_mark.horizon is
'Number (xid8) of the oldest transaction that ran at that moment.';

insert into pydb_internal.orphan_mark default values;

create table pydb.orphan_quarantine (
    id bigint generated always as identity,
    run_id bigint not null,
    reference text not null,
    target oid not null,
    target_name text not null,
    relation text not null,
    content jsonb not null,
    types jsonb not null,
    reason text not null,
    quarantined_at timestamptz not null default pg_catalog.now(),
    constraint orphan_quarantine_pkey primary key (id)
);

create index orphan_quarantine_run_idx on pydb.orphan_quarantine (run_id, id);

comment on table pydb.orphan_quarantine is
'Orphans that orphan_repair took out of their tables; pydb.orphan_restore(run_id) brings them back.';
comment on column pydb.orphan_quarantine.id is 'Running number.';
comment on column pydb.orphan_quarantine.run_id is 'pydb.job_run.id of the repair that took it.';
comment on column pydb.orphan_quarantine.reference is 'Reference that it had no parent for.';
comment on column pydb.orphan_quarantine.target is 'Table that it was taken from, the one of the reference.';
comment on column pydb.orphan_quarantine.target_name is 'Its qualified name at that time.';
comment on column pydb.orphan_quarantine.relation is 'The relation that held it: the table itself, or a partition.';
comment on column pydb.orphan_quarantine.content is
'The row: object of column → value as PostgreSQL writes it, which it reads back exactly.';
comment on column pydb.orphan_quarantine.types is 'Object of column → type at that time.';
comment on column pydb.orphan_quarantine.reason is 'Why it was taken, in words.';
comment on column pydb.orphan_quarantine.quarantined_at is 'When that was.';

revoke all on pydb.orphan_finding, pydb_internal.orphan_mark, pydb.orphan_quarantine from public;

insert into pydb_internal.run_kind (name, job_kind, deletes, audit_action, hint) values
('orphan_scan', 'orphans', false, null,
    'select * from pydb.run_list where kind = ''orphans'' order by id desc limit 10;'),
('orphan_repair', 'orphans', true, 'orphan_repair',
    'select * from pydb.run_list where kind = ''orphans'' order by id desc limit 10;');

create type pydb_internal.orphan_piece as (
    leaves oid[],
    from_block bigint,
    until_block bigint
);

comment on type pydb_internal.orphan_piece is
'What a scan looks at in one go: some relations of a child as a whole, or a range of blocks of one.';
comment on column pydb_internal.orphan_piece.leaves is 'The relations; none = nothing is left.';
comment on column pydb_internal.orphan_piece.from_block is 'First block.';
comment on column pydb_internal.orphan_piece.until_block is
'Block behind the last one; null = to the end, rows that arrive behind it are seen.';

create type pydb_internal.orphan_counts as (
    orphans bigint,
    unconfirmed bigint,
    partly_null bigint,
    checked_rows bigint,
    sample jsonb
);

comment on type pydb_internal.orphan_counts is 'What was found in a piece, or in several.';
comment on column pydb_internal.orphan_counts.orphans is 'Rows without a parent.';
comment on column pydb_internal.orphan_counts.unconfirmed is 'Rows without a parent that may be too young to count.';
comment on column pydb_internal.orphan_counts.partly_null is 'Those of the orphans whose key is partly null.';
comment on column pydb_internal.orphan_counts.checked_rows is 'Rows that were looked at.';
comment on column pydb_internal.orphan_counts.sample is 'Keys of some orphans: array of objects.';

create type pydb_internal.orphan_progress as (
    signature text,
    range bigint,
    leaf oid,
    filenode oid,
    at bigint,
    done oid[],
    remaining integer,
    coverage numeric,
    orphans bigint,
    unconfirmed bigint,
    partly_null bigint,
    checked_rows bigint,
    sample jsonb
);

comment on type pydb_internal.orphan_progress is
'How far the scan of a reference is, and what it has found so far; pydb.orphan_finding.progress is a row of it.';
comment on column pydb_internal.orphan_progress.signature is 'Another one means that the reference has been changed.';
comment on column pydb_internal.orphan_progress.range is 'Blocks of the next piece.';
comment on column pydb_internal.orphan_progress.leaf is 'The relation that was begun; null = none.';
comment on column pydb_internal.orphan_progress.filenode is
'Its file: blocks of another one (TRUNCATE, VACUUM FULL, CLUSTER) hold other rows.';
comment on column pydb_internal.orphan_progress.at is 'Its next block.';
comment on column pydb_internal.orphan_progress.done is 'The relations that are through.';
comment on column pydb_internal.orphan_progress.remaining is 'How many relations are not.';
comment on column pydb_internal.orphan_progress.coverage is 'Share of the blocks that were looked at: 0 to 1.';
comment on column pydb_internal.orphan_progress.orphans is 'Rows without a parent so far.';
comment on column pydb_internal.orphan_progress.unconfirmed is 'Those that may be too young to count.';
comment on column pydb_internal.orphan_progress.partly_null is 'Orphans whose key is partly null.';
comment on column pydb_internal.orphan_progress.checked_rows is 'Rows looked at so far.';
comment on column pydb_internal.orphan_progress.sample is 'Keys of some orphans.';

create type pydb_internal.orphan_scan_work as (
    reference text,
    is_restart boolean,
    min_age interval,
    sample integer,
    total integer,
    finished integer,
    failed integer,
    skipped integer,
    partial integer,
    held integer,
    orphans bigint,
    checked_rows bigint,
    sqlstate text
);

comment on type pydb_internal.orphan_scan_work is
'What the run of a scan keeps in mind beside its parts, which are the references (run_state.work).';
comment on column pydb_internal.orphan_scan_work.reference is 'The reference to scan; null = all.';
comment on column pydb_internal.orphan_scan_work.is_restart is 'True: begin anew, not where the last scan stopped.';
comment on column pydb_internal.orphan_scan_work.min_age is 'Least age of an orphan; null = by the setting.';
comment on column pydb_internal.orphan_scan_work.sample is 'How many keys of orphans to keep.';
comment on column pydb_internal.orphan_scan_work.total is 'References to scan.';
comment on column pydb_internal.orphan_scan_work.finished is 'References that are through, however it went.';
comment on column pydb_internal.orphan_scan_work.failed is 'Of them with an error.';
comment on column pydb_internal.orphan_scan_work.skipped is 'Of them those that could not be looked at.';
comment on column pydb_internal.orphan_scan_work.partial is 'Of them those with foreign partitions.';
comment on column pydb_internal.orphan_scan_work.held is 'Of them those that another session was at.';
comment on column pydb_internal.orphan_scan_work.orphans is 'Orphans of their last whole scans.';
comment on column pydb_internal.orphan_scan_work.checked_rows is 'Rows that this run has looked at.';
comment on column pydb_internal.orphan_scan_work.sqlstate is 'SQLSTATE of an error met.';

create type pydb_internal.orphan_repair_work as (
    reference text,
    mode text,
    verb text,
    min_age interval,
    edge pydb_internal.reference_edge,
    signature text,
    age text,
    size integer,
    min_size integer,
    is_by_row boolean,
    locked bigint,
    refused bigint,
    pass integer,
    pass_done bigint,
    search_path name[],
    faulty bigint,
    fault text,
    fault_code text,
    fault_place text,
    free text,
    holds bigint,
    named oid[],
    names text,
    free_until timestamptz
);

comment on type pydb_internal.orphan_repair_work is
'What the run of a repair keeps in mind beside its parts, which are the relations of the child (run_state.work).';
comment on column pydb_internal.orphan_repair_work.reference is 'The reference to repair.';
comment on column pydb_internal.orphan_repair_work.mode is
'delete, nullify or quarantine; null = as the reference says.';
comment on column pydb_internal.orphan_repair_work.verb is 'What is said of the rows: deleted, nullified, quarantined.';
comment on column pydb_internal.orphan_repair_work.min_age is 'Least age of an orphan; null = by the setting.';
comment on column pydb_internal.orphan_repair_work.edge is 'The reference as it was when it was counted.';
comment on column pydb_internal.orphan_repair_work.age is
'Condition over alias t that a row is old enough: the same for the whole run, what was counted is what goes.';
comment on column pydb_internal.orphan_repair_work.signature is 'Another one means that the edge has been changed.';
comment on column pydb_internal.orphan_repair_work.size is 'Chunks of the next batch.';
comment on column pydb_internal.orphan_repair_work.min_size is 'Fewest chunks that are worth a batch.';
comment on column pydb_internal.orphan_repair_work.is_by_row is 'True: the next batch goes row by row.';
comment on column pydb_internal.orphan_repair_work.locked is
'Rows of this pass that stayed because somebody held them.';
comment on column pydb_internal.orphan_repair_work.refused is 'Rows of this pass that a constraint kept.';
comment on column pydb_internal.orphan_repair_work.pass is 'Which time the relations are gone through.';
comment on column pydb_internal.orphan_repair_work.pass_done is 'Rows repaired in this pass.';
comment on column pydb_internal.orphan_repair_work.search_path is
'Schemas in which triggers look for names; null = as the running role does.';
comment on column pydb_internal.orphan_repair_work.faulty is 'Rows of this pass that another error kept: a trigger.';
comment on column pydb_internal.orphan_repair_work.fault is 'The first such error.';
comment on column pydb_internal.orphan_repair_work.fault_code is 'Its SQLSTATE.';
comment on column pydb_internal.orphan_repair_work.fault_place is 'In which code of the application it was raised.';
comment on column pydb_internal.orphan_repair_work.free is '"and …": that no hold keeps a row; or nothing.';
comment on column pydb_internal.orphan_repair_work.holds is 'How often holds had changed when that was written.';
comment on column pydb_internal.orphan_repair_work.named is 'Tables that its conditions may name.';
comment on column pydb_internal.orphan_repair_work.names is 'Their names before the conditions were made.';
comment on column pydb_internal.orphan_repair_work.free_until is
'When free is to be asked again: an override ends; null = never.';

create type pydb_internal.orphan_closing as (
    reference text,
    name text,
    child oid,
    is_closed boolean,
    add_statement text,
    validate_statement text
);

comment on type pydb_internal.orphan_closing is 'How a reference becomes a valid foreign key.';
comment on column pydb_internal.orphan_closing.reference is 'Name of the reference.';
comment on column pydb_internal.orphan_closing.name is 'Name of the key.';
comment on column pydb_internal.orphan_closing.child is 'Table that the key is on.';
comment on column pydb_internal.orphan_closing.is_closed is 'True: the key is there and valid, nothing is to do.';
comment on column pydb_internal.orphan_closing.add_statement is 'Adds the key NOT VALID; null for a declared one.';
comment on column pydb_internal.orphan_closing.validate_statement is 'Validates it.';

create table pydb.orphan_part (
    reference text not null,
    part text not null,
    orphans bigint not null,
    sample jsonb not null,
    checked_at timestamptz not null default pg_catalog.clock_timestamp(),
    checked_by text not null default session_user,
    constraint orphan_part_orphans_check check (orphans > 0)
);

create index orphan_part_reference_idx on pydb.orphan_part (reference, part);

comment on table pydb.orphan_part is
'Orphans that pydb.orphan_check has met in a part of a reference, beside what scans find (pydb.orphan_finding): the
newest row of a part counts, until a scan of the whole is newer. No key: who looks waits for nobody.';
comment on column pydb.orphan_part.reference is 'Full name of the reference.';
comment on column pydb.orphan_part.part is
'The filter that was asked for, as the server understood it; empty = all rows.';
comment on column pydb.orphan_part.orphans is 'Rows of the part without a parent.';
comment on column pydb.orphan_part.sample is 'Keys of some of them.';
comment on column pydb.orphan_part.checked_at is 'When they were looked for.';
comment on column pydb.orphan_part.checked_by is 'Login role that did.';

revoke all on pydb.orphan_part from public;
