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
