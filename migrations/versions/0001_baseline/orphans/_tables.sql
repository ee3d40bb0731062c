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
comment on column pydb.orphan_finding.progress is 'Position and sums of a scan that goes on; null between scans.';
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
