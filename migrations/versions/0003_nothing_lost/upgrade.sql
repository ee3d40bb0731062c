create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

-- archiving runs: the deletes are told which run keeps what goes
drop routine pydb_internal.cascade_deletes;
drop routine pydb_internal.cascade_execute;
drop routine pydb_internal.retention_delete;
drop routine pydb_internal.retention_delete_cascade;
drop routine pydb_internal.retention_delete_rows;
drop routine pydb_internal.retention_take;
drop routine pydb_internal.run_log_done;

comment on column pydb.retention_policy.action is
'delete, or archive (what goes is kept, see pydb.archive_table); nullify and drop_partition are reserved.';
