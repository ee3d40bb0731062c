-- pydb archive tables: which archive table keeps the rows of which table, and what each run put there.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, choices, description) values
(
    'archive_keep', '1 year', 'interval', true, '1 day', '5000 years', null,
    'archived rows stay this long, where their archive says nothing else; null = for ever (interval, from 1 day)'
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
'Archive tables (schema pydb_archive): one for each table whose rows are archived, with its columns in their own types.';
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
    constraint archive_run_pkey primary key (run_id, archive),
    constraint archive_run_rows_check check (rows >= 0 and restored >= 0 and purged >= 0 and restored + purged <= rows)
);

comment on table pydb.archive_run is
'What each run put into each archive table, and what became of it: rows = still there + restored + purged, always.';
comment on column pydb.archive_run.run_id is 'pydb.job_run.id of the run that deleted the rows.';
comment on column pydb.archive_run.archive is 'Archive table that keeps them.';
comment on column pydb.archive_run.source_name is 'Qualified name of the table that they were deleted from, at that time.';
comment on column pydb.archive_run.rows is 'Rows that were archived.';
comment on column pydb.archive_run.restored is 'Rows that were put back.';
comment on column pydb.archive_run.purged is 'Rows that left the archive for good.';
comment on column pydb.archive_run.first_at is 'When the first of them were archived.';
comment on column pydb.archive_run.last_at is 'When the last of them were archived.';
comment on column pydb.archive_run.filenode is 'File of the archive that from_block and to_block are about.';
comment on column pydb.archive_run.from_block is 'No row that was appended lies before this block of the archive.';
comment on column pydb.archive_run.to_block is
'Nor behind this one. What took the place of rows that left can lie elsewhere: who does not find all looks everywhere.';

revoke all on pydb.archive_table, pydb.archive_run from public;
