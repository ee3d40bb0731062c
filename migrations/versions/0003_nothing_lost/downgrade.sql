-- destroys: archived rows (schema pydb_archive), what runs archived (pydb.archive_run)
drop schema pydb_archive cascade;

drop table pydb.archive_run;

drop table pydb.archive_table;

delete from pydb.setting where name = 'archive_keep';

alter table pydb.reference drop column author_role;

drop routine pydb_internal.retention_references;

drop routine pydb.reference_suggest;

drop routine pydb_internal.reference_measure;
