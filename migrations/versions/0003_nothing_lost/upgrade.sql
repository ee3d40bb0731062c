create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

alter table pydb.reference add column author_role regrole;

comment on column pydb.reference.author_role is
'The role that set it, whatever it is called now; its conditions run only as a role that this one could become.';

update pydb.reference as f set author_role = r.oid
from pg_catalog.pg_roles as r
where r.rolname = f.author;

drop routine pydb_internal.retention_references;

drop routine pydb.reference_suggest;

drop routine pydb_internal.reference_measure;
