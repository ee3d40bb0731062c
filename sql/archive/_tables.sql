-- pydb archive tables: which archive table keeps the rows of which table, and what each run put there.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, choices, description) values
(
    'archive_keep', '1 year', 'interval', true, '1 day', '5000 years', null,
    'archived rows stay this long, where their archive says nothing else; null = for ever (interval, from 1 day)'
);

insert into pydb_internal.run_kind (name, job_kind, audit_action, hint) values
('archive_purge', 'archive', 'archive_purge', 'select * from pydb.archive_list where until < now();'),
('archive_export', 'archive', 'archive_export', 'select * from pydb.archive_list where rows > 0;');

insert into pydb.schedule_source (procedure, kind, job_prefix, run_subject, description) values
(
    'archive_purge', 'archive', 'pydb.archive_purge', 'purge',
    'removes archived rows that were kept as long as their archive or the setting archive_keep says'
);

create table pydb.archive_table (
    archive regclass not null,
    source regclass not null,
    source_name text not null,
    keep interval,
    created_at timestamptz not null default pg_catalog.now(),
    created_by text not null default session_user,
    columns jsonb not null default '{}'::jsonb,
    constraint archive_table_pkey primary key (archive),
    constraint archive_table_source_key unique (source),
    constraint archive_table_keep_check check (keep > interval '0')
);

comment on table pydb.archive_table is
'Archive tables (schema pydb_archive): one for each table whose rows are archived, with its columns, in their own
types.';
comment on column pydb.archive_table.archive is 'The archive table.';
comment on column pydb.archive_table.source is
'Table whose rows it keeps: a table, or the uppermost of its partitions; follows a rename, not a drop and create.';
comment on column pydb.archive_table.source_name is 'Its qualified name when the archive was made.';
comment on column pydb.archive_table.keep is 'Archived rows stay this long; null = the setting archive_keep.';
comment on column pydb.archive_table.created_at is 'When the archive was made.';
comment on column pydb.archive_table.created_by is 'Login role that made it.';
comment on column pydb.archive_table.columns is
'Object: column of the table → its number when the archive last followed it; tells a rename from a new column.';

create table pydb.archive_run (
    run_id bigint not null,
    archive regclass not null,
    source_name text not null,
    rows bigint not null default 0,
    restored bigint not null default 0,
    purged bigint not null default 0,
    first_at timestamptz not null default pg_catalog.clock_timestamp(),
    last_at timestamptz not null default pg_catalog.clock_timestamp(),
    filenode oid,
    from_block bigint,
    to_block bigint,
    signature text,
    columns name[],
    deleted bigint,
    relations numeric,
    search_path name[],
    exported bigint not null default 0,
    time_column name,
    export_policy text,
    constraint archive_run_pkey primary key (run_id, archive),
    constraint archive_run_rows_check check (
        rows >= 0 and restored >= 0 and purged >= 0 and restored + purged <= rows
    ),
    constraint archive_run_exported_check check (exported between 0 and purged)
);

comment on table pydb.archive_run is
'What each run put into each archive table, and what became of it: rows = still there + restored + purged, always.';
comment on column pydb.archive_run.run_id is 'pydb.job_run.id of the run that deleted the rows.';
comment on column pydb.archive_run.archive is 'Archive table that keeps them.';
comment on column pydb.archive_run.source_name is
'Qualified name of the table that they were deleted from, at that time.';
comment on column pydb.archive_run.rows is 'Rows that were archived.';
comment on column pydb.archive_run.restored is 'Rows that were put back.';
comment on column pydb.archive_run.purged is 'Rows that left the archive for good, or for a file.';
comment on column pydb.archive_run.first_at is 'When the first of them were archived.';
comment on column pydb.archive_run.last_at is 'When the last of them were archived.';
comment on column pydb.archive_run.filenode is 'File of the archive that from_block and to_block are about.';
comment on column pydb.archive_run.from_block is 'No row that was appended lies before this block of the archive.';
comment on column pydb.archive_run.to_block is
'Nor behind this one. What took the place of rows that left can lie elsewhere: who does not find all looks everywhere.';
comment on column pydb.archive_run.signature is
'Fingerprint of the columns of table and archive, when the run last compared them.';
comment on column pydb.archive_run.columns is 'The columns of the table then, in its order.';
comment on column pydb.archive_run.search_path is
'Schemas in which triggers looked for names when the rows went, and look when they come back; null = as the running role
does.';
comment on column pydb.archive_run.exported is
'Those of the purged ones that are in verified files: pydb.archive_manifest.';
comment on column pydb.archive_run.time_column is
'Column of the archive by which a policy let the rows expire; null = they went along, or it is no date or timestamp.';
comment on column pydb.archive_run.export_policy is
'Policy with action export that archived the rows on their way to files: they are not purged. Null = they are to stay in
the archive, as where that policy is gone or does not export any more.';
comment on column pydb.archive_run.deleted is
'Rows that the session of the run had deleted from all tables when its last batch with triggers ended.';
comment on column pydb.archive_run.relations is
'Sum of the numbers of those tables: another one is another set of them.';

revoke all on pydb.archive_table, pydb.archive_run from public;

create type pydb.archive_step as (
    relation text,
    rows bigint,
    restored bigint,
    conflicts bigint,
    codes text[],
    found jsonb
);

comment on type pydb.archive_step is 'What a restore did, or would do, with the rows of one table.';
comment on column pydb.archive_step.relation is 'Table that the rows go back to, parents first.';
comment on column pydb.archive_step.rows is
'Rows of the run that are in its archive, or those of them that were asked for.';
comment on column pydb.archive_step.restored is 'Rows that went back.';
comment on column pydb.archive_step.conflicts is 'Rows that cannot go back as things are; they stay in the archive.';
comment on column pydb.archive_step.codes is
'What to know of it: key_exists, parent_gone, not_null, check, exclusion, ring, refused (a trigger raised), table_gone,
column_gone, column_type: conflicts. trigger: triggers of the table run. sequence: one stays behind what came back, for
want of a privilege. later: left for the next call, by p_max_rows.';
comment on column pydb.archive_step.found is
'The first 1000 conflicts, one object each: code, key (of the row), what (the constraint, or what was said).';

create type pydb_internal.archive_found as (
    tid tid,
    what text
);

comment on type pydb_internal.archive_found is 'An archived row that cannot go back.';
comment on column pydb_internal.archive_found.tid is 'Its place in the archive.';
comment on column pydb_internal.archive_found.what is 'The index or key that refuses it.';

create type pydb_internal.archive_part as (
    run_id bigint,
    archive oid,
    source oid,
    source_name text,
    place integer,
    rows bigint,
    from_block bigint,
    to_block bigint,
    tids tid[],
    kept tid[],
    codes text[],
    found jsonb
);

comment on type pydb_internal.archive_part is 'Archived rows of one table that a restore is about.';
comment on column pydb_internal.archive_part.run_id is 'Run that archived them.';
comment on column pydb_internal.archive_part.archive is 'Archive that keeps them.';
comment on column pydb_internal.archive_part.source is 'Table that they go back to.';
comment on column pydb_internal.archive_part.source_name is 'What it is called, or was.';
comment on column pydb_internal.archive_part.place is 'Tables of one place go back in one statement, lower ones first.';
comment on column pydb_internal.archive_part.rows is 'How many there are.';
comment on column pydb_internal.archive_part.from_block is
'First block of the archive that holds any; null = anywhere.';
comment on column pydb_internal.archive_part.to_block is 'The block behind the last.';
comment on column pydb_internal.archive_part.tids is 'Only these; null = all of the run.';
comment on column pydb_internal.archive_part.kept is 'Not these: they cannot go back.';
comment on column pydb_internal.archive_part.codes is 'As in pydb.archive_step.';
comment on column pydb_internal.archive_part.found is 'As in pydb.archive_step.';

create table pydb.archive_manifest (
    id bigint generated always as identity,
    file text not null,
    place text not null,
    policy text,
    run_id bigint,
    relation oid not null,
    source_name text not null,
    columns jsonb not null,
    key_columns text[] not null,
    rows bigint not null,
    rows_deleted bigint not null default 0,
    bytes_raw bigint not null,
    bytes bigint not null,
    sha256 text not null,
    digest text not null,
    oldest timestamptz,
    newest timestamptz,
    cutoff timestamptz,
    system_identifier bigint not null,
    database_oid oid not null,
    manifest jsonb not null,
    created_at timestamptz not null default pg_catalog.clock_timestamp(),
    created_by text not null default session_user,
    settled_at timestamptz,
    xid xid8 not null default pg_catalog.pg_current_xact_id(),
    archived_run_id bigint,
    constraint archive_manifest_pkey primary key (id),
    constraint archive_manifest_file_key unique (system_identifier, database_oid, file),
    constraint archive_manifest_rows_check check (rows > 0 and rows_deleted >= 0 and rows_deleted <= rows),
    constraint archive_manifest_bytes_check check (bytes_raw > 0 and bytes > 0),
    constraint archive_manifest_sha256_check check (sha256 ~ '^[0-9a-f]{64}$' and digest ~ '^[0-9a-f]{64}$')
);

create index archive_manifest_run_id_idx on pydb.archive_manifest (run_id);
create index archive_manifest_archived_run_id_idx on pydb.archive_manifest (archived_run_id)
where archived_run_id is not null;

comment on table pydb.archive_manifest is
'Files that rows were exported to: one row a file, entered when it was read back and found whole, before any of its
rows is deleted. The same stands beside the file.';
comment on column pydb.archive_manifest.id is 'Running number.';
comment on column pydb.archive_manifest.file is 'Name of the file: COPY text, compressed with zstd.';
comment on column pydb.archive_manifest.place is 'Directory or URL that it was written to.';
comment on column pydb.archive_manifest.policy is 'Policy that it was exported for; null = none.';
comment on column pydb.archive_manifest.run_id is 'pydb.job_run.id of the run that exported it.';
comment on column pydb.archive_manifest.relation is
'Table (or partition) that the rows were in, by its oid at that time.';
comment on column pydb.archive_manifest.source_name is 'Its qualified name at that time.';
comment on column pydb.archive_manifest.columns is
'Columns of the file, in their order: name, type, not_null, and the like.';
comment on column pydb.archive_manifest.key_columns is 'Columns by which its rows are ordered and told apart.';
comment on column pydb.archive_manifest.rows is 'Rows in the file.';
comment on column pydb.archive_manifest.rows_deleted is
'Rows of it that were deleted from the table. What was changed between the export and the delete stays.';
comment on column pydb.archive_manifest.bytes_raw is 'Size of the rows as COPY text.';
comment on column pydb.archive_manifest.bytes is 'Size of the file.';
comment on column pydb.archive_manifest.sha256 is 'SHA-256 of the file, in hex.';
comment on column pydb.archive_manifest.digest is
'SHA-256 of its rows as COPY text, in hex: the same for the same rows, whatever wrote or compressed the file.';
comment on column pydb.archive_manifest.oldest is 'Oldest time among its rows; null = not known.';
comment on column pydb.archive_manifest.newest is 'Newest time among its rows; null = not known.';
comment on column pydb.archive_manifest.cutoff is 'Rows older than this had expired.';
comment on column pydb.archive_manifest.system_identifier is
'Server that owns the file (pg_control_system): another one may read it, and never deletes for it, or touches it.';
comment on column pydb.archive_manifest.database_oid is 'Its database there, by oid: a copy of it is another one.';
comment on column pydb.archive_manifest.manifest is 'The manifest that stands beside the file, whole.';
comment on column pydb.archive_manifest.created_at is 'When the file was entered here.';
comment on column pydb.archive_manifest.created_by is
'Login role that exported it: only its runs delete for this file.';
comment on column pydb.archive_manifest.settled_at is 'When nothing was left to delete for it; null = not yet.';
comment on column pydb.archive_manifest.xid is
'Transaction that entered it: what is to be deleted is named in no other.';
comment on column pydb.archive_manifest.archived_run_id is
'Run that had archived the rows, where the file was made of an archive: relation is that archive, source_name the table
that its rows go back to. Null = made of the table itself.';

revoke all on pydb.archive_manifest from public;

create table pydb_internal.archive_chunk (
    manifest_id bigint not null,
    number integer not null,
    run_id bigint not null,
    relation oid not null,
    signature text not null,
    tids tid[] not null, -- storage external: read once and gone soon, they take longer to compress than to write
    versions xid[] not null,
    is_late boolean not null default false,
    constraint archive_chunk_pkey primary key (manifest_id, number),
    constraint archive_chunk_size_check check (cardinality(tids) between 1 and 20000),
    constraint archive_chunk_versions_check check (cardinality(versions) between 1 and cardinality(tids))
);

create index archive_chunk_run_id_idx on pydb_internal.archive_chunk (run_id);

comment on table pydb_internal.archive_chunk is
'Rows that are in a verified file and may be deleted: exactly these versions of them. Gone with the delete.';
comment on column pydb_internal.archive_chunk.manifest_id is 'pydb.archive_manifest.id of the file.';
comment on column pydb_internal.archive_chunk.number is 'Number within the file.';
comment on column pydb_internal.archive_chunk.run_id is 'Run that may delete them.';
comment on column pydb_internal.archive_chunk.relation is 'Relation that they are in.';
comment on column pydb_internal.archive_chunk.signature is
'What the table looked like when they were read; where it is another, these are not the rows.';
comment on column pydb_internal.archive_chunk.tids is 'Places of the rows (ctid).';
comment on column pydb_internal.archive_chunk.versions is
'Their versions (xmin), each at least once: all of them, or one where all have the same.';
comment on column pydb_internal.archive_chunk.is_late is 'True: some of them were locked, and get another chance.';

revoke all on pydb_internal.archive_chunk from public;

create table pydb_internal.archive_exporter (
    request uuid not null,
    pid integer not null,
    backend_start timestamptz not null,
    login text not null default session_user,
    is_over boolean not null default false,
    sqlstate text,
    error text,
    joined_at timestamptz not null default pg_catalog.clock_timestamp(),
    constraint archive_exporter_pkey primary key (request)
);

comment on table pydb_internal.archive_exporter is
'Sessions that write files for a run that waits for them, by the request of the run.';
comment on column pydb_internal.archive_exporter.request is 'pydb.job_run.request of the run.';
comment on column pydb_internal.archive_exporter.pid is 'Server process of the session that writes files.';
comment on column pydb_internal.archive_exporter.backend_start is 'Start of that process.';
comment on column pydb_internal.archive_exporter.login is 'Its login role.';
comment on column pydb_internal.archive_exporter.is_over is 'True: there will be no more files.';
comment on column pydb_internal.archive_exporter.sqlstate is 'Why it ended too early: a SQLSTATE; null = it did not.';
comment on column pydb_internal.archive_exporter.error is 'That in words.';
comment on column pydb_internal.archive_exporter.joined_at is 'When it began.';

revoke all on pydb_internal.archive_exporter from public;
