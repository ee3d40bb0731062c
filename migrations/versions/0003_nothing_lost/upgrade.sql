create schema pydb_archive;

comment on schema pydb_archive is 'Rows that runs deleted, in one table for each table they came from. See pydb.archive_table.';

-- cascade: what triggers delete is accepted by jobs too
drop routine pydb.cascade_request;
drop routine pydb_internal.cascade_check_job;
drop routine pydb_internal.cascade_check_trial;
drop routine pydb_internal.cascade_trial;
drop routine pydb_internal.cascade_job_delete;
drop routine pydb_internal.cascade_job_batch;
drop routine pydb_internal.cascade_job_progress;
alter table pydb.cascade_job
add column allow_triggers boolean not null default false, add column triggered jsonb not null default '{}'::jsonb;
comment on column pydb.cascade_job.allow_triggers is
'True: what triggers delete beyond the plan is accepted, in each batch.';
comment on column pydb.cascade_job.triggered is
'Object: relation → rows that triggers deleted beyond what the batches were to take; they count in relations too.';
alter type pydb_internal.cascade_work add attribute allow_triggers boolean;
comment on column pydb_internal.cascade_work.allow_triggers is
'True: what triggers delete beyond the plan is accepted.';

-- cascade: the state of a delete by typed arguments
drop routine pydb_internal.run_log_done;
