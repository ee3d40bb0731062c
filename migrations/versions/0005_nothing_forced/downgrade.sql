-- destroys: holds, with the history of those that were released (what they held can be deleted from then on); which server and database pydb may delete in, and what was allowed beforehand; who approved policies, and what their tables looked like then; windows, WAL budgets and limits for catching up of policies; the history of what runs counted, their WAL and what they rested for; the seals of the audit log; indicators of the governor
drop routine pydb_internal.reference_set_refusals;
drop routine pydb_internal.reference_domain_refusals;
drop routine pydb_internal.orphan_apply_rows;
drop routine pydb_internal.orphan_take;
alter type pydb_internal.orphan_repair_work drop attribute faulty, drop attribute fault, drop attribute fault_code,
    drop attribute fault_place;
drop procedure pydb.orphan_close;
drop routine pydb_internal.archive_import;

-- holds: which rows are not to be deleted, and the gate of deletes
alter type pydb_internal.retention_work drop attribute held;
alter type pydb_internal.retention_work drop attribute holds;
drop routine pydb_internal.retention_survey;
drop routine pydb.retention_plan;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_expired_condition;
alter type pydb_internal.orphan_repair_work drop attribute holds;
alter type pydb_internal.orphan_repair_work drop attribute free;
drop type pydb_internal.hold_graph;
drop type pydb_internal.hold_seed;
drop table pydb_internal.hold_gate;
drop table pydb.hold;

update pydb.job_run set stop_reason = 'time_budget' where stop_reason = 'wal_budget';
alter table pydb.job_run drop constraint job_run_stop_reason_check;
alter table pydb.job_run add constraint job_run_stop_reason_check check (
    stop_reason in (
        'exhausted', 'row_budget', 'time_budget', 'window', 'fuse', 'governor', 'held', 'locked', 'referenced',
        'paused', 'kill_switch', 'no_progress', 'standby', 'error', 'cancelled'
    )
);
comment on column pydb.job_run.stop_reason is
'Why it ended: exhausted, row_budget, time_budget, window, fuse, governor, held, locked, referenced, paused, '
'kill_switch, no_progress, standby, error or cancelled.';
alter table pydb.job_run drop column wal_bytes;
alter table pydb_internal.run_kind drop column names_windows;
alter type pydb_internal.run_state drop attribute max_wal;
alter type pydb_internal.run_state drop attribute wal;
alter type pydb_internal.run_state drop attribute turn_ms;
alter type pydb_internal.run_state drop attribute catch_up;
alter type pydb_internal.run_terms drop attribute windows;
alter type pydb_internal.run_terms drop attribute max_wal;
alter type pydb_internal.run_terms drop attribute batch_target;
alter type pydb_internal.run_terms drop attribute catch_up;
alter type pydb_internal.run_terms drop attribute overdue_at;
drop type pydb_internal.run_limits;
drop table pydb.run_window;
delete from pydb.setting where name = 'logical_messages';
alter table pydb.retention_policy drop constraint retention_policy_max_wal_check;
alter table pydb.retention_policy drop constraint retention_policy_catch_up_check;
alter table pydb.retention_policy drop column windows;
alter table pydb.retention_policy drop column max_wal;
alter table pydb.retention_policy drop column catch_up_after;
alter table pydb.retention_policy drop column catch_up_windows;
alter table pydb.retention_policy drop column catch_up_max_rows;
alter table pydb.retention_policy drop column catch_up_max_runtime;
alter table pydb.retention_policy drop column catch_up_max_wal;
alter table pydb.retention_policy drop column catch_up_rows_per_second;
drop table pydb.retention_history;
drop routine pydb.retention_policy_set;
drop routine pydb.retention_run;
drop routine pydb_internal.run_log_batch;

-- archive_chunk: places of rows are compressed again
alter table pydb_internal.archive_chunk alter column tids set storage extended;

drop table pydb.guard_server;
drop type pydb_internal.guard_place;

delete from pydb.setting where name in ('schema_drift', 'policy_approval');
alter table pydb.setting drop column owner_only;
drop table pydb.guard_subject;
drop type pydb_internal.guard_part;

alter type pydb_internal.run_terms drop attribute sqlstate;
alter type pydb_internal.run_terms drop attribute hint;

-- retention_partition_bounds: all partitions, always
drop routine pydb_internal.retention_partition_bounds;

-- retention_is_ordered: by the planner's guess of a condition, too
drop routine pydb_internal.retention_is_ordered;

delete from pydb.setting where name = 'audit_seal_for';
delete from pydb.schedule_source where procedure = 'audit_seal_run';
drop table pydb.audit_head;
drop table pydb.audit_seal;

-- governor
drop table pydb.governor_indicator;
drop type pydb.governor_reading;
alter type pydb_internal.run_state drop attribute relation;
alter type pydb_internal.run_state drop attribute factor;
alter type pydb_internal.run_state drop attribute governor_at;
alter type pydb_internal.run_state drop attribute governor_since;
alter type pydb_internal.run_state drop attribute governor_signal;
alter type pydb_internal.run_state drop attribute governor_ratio;
alter type pydb_internal.run_state drop attribute slowed_at;
alter table pydb.job_run drop column governor_indicator;
alter table pydb.job_run drop column governor_signal;
alter table pydb.job_run drop column governor_since;
alter table pydb.job_run drop column governor_reason;
delete from pydb.setting where name in ('governor', 'governor_interval');
