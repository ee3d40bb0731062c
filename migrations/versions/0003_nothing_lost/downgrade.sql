-- destroys: archived rows (schema pydb_archive), what runs archived (pydb.archive_run)
drop schema pydb_archive cascade;

drop table pydb.archive_run;

drop table pydb.archive_table;

delete from pydb.setting where name = 'archive_keep';

-- archiving runs: the deletes are told which run keeps what goes
drop routine pydb_internal.cascade_deletes;
drop routine pydb_internal.cascade_execute;
drop routine pydb_internal.retention_delete;
drop routine pydb_internal.retention_delete_cascade;
drop routine pydb_internal.retention_delete_rows;
drop routine pydb_internal.retention_take;
drop routine pydb_internal.run_log_done;

-- a policy that archives would only delete from now on
update pydb.retention_policy set enabled = false where action = 'archive';

comment on column pydb.retention_policy.action is 'delete; archive, nullify and drop_partition are reserved.';
