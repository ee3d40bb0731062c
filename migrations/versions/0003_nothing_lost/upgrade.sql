create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';
