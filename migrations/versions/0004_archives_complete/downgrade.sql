-- archive_run, archive_manifest: what went from archives to files
drop view pydb.archive_list;
drop view pydb.archive_status;
alter table pydb.archive_run drop column exported;
comment on column pydb.archive_run.purged is 'Rows that left the archive for good.';
alter table pydb.archive_manifest drop column archived_run_id;
delete from pydb_internal.run_kind where name = 'archive_export';

-- a file comes back as a restore brings rows back
drop routine pydb_internal.archive_import_open;
drop routine pydb_internal.archive_key;
