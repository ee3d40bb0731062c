-- destroys: archived rows (schema pydb_archive), what runs archived (pydb.archive_run), the ledger of erasures (pydb.erasure)
drop schema pydb_archive cascade;

drop table pydb.archive_run;

drop table pydb.archive_table;

delete from pydb.setting where name = 'archive_keep';

-- cascade: the state of a delete by typed arguments
drop routine pydb_internal.run_log_done;

-- cascade: what triggers delete is accepted by jobs too
drop routine pydb.cascade_request;
drop routine pydb_internal.cascade_check_job;
drop routine pydb_internal.cascade_check_trial;
drop routine pydb_internal.cascade_trial;
drop routine pydb_internal.cascade_job_delete;
drop routine pydb_internal.cascade_job_batch;
drop routine pydb_internal.cascade_job_progress;
alter type pydb_internal.cascade_work drop attribute allow_triggers;
alter table pydb.cascade_job drop column allow_triggers, drop column triggered;

-- cascade: the ledger of erasures
drop routine pydb.cascade_delete;
drop routine pydb_internal.cascade_delete_once;
drop routine pydb_internal.cascade_log;
drop table pydb.erasure;
delete from pydb.setting where name = 'erasure_deadline';
