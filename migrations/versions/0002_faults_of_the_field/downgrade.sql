-- destroys: policies on nanoseconds or uuids, which policies take times before 1980, references with a condition
drop routine pydb_internal.cascade_edge_problem;

drop routine pydb_internal.retention_policy_store;
drop routine pydb_internal.reference_store;
drop routine pydb_internal.entity_store;
drop routine pydb_internal.cascade_job_store;
drop table pydb_internal.draft;

alter table pydb.cascade_job drop constraint cascade_job_second_check;
alter table pydb.cascade_job drop column requested_by_role, drop column approved_by_role;
-- another role that has taken the name of the first since
update pydb.cascade_job as j set approved_by = j.approved_by || ' (another role)' where j.approved_by = j.requested_by;
alter table pydb.cascade_job add constraint cascade_job_second_check check (approved_by <> requested_by);

drop routine pydb_internal.run_open;
drop routine pydb_internal.run_close;
drop routine pydb_internal.run_close_interrupted;
drop routine pydb_internal.run_log_done;
alter table pydb.job_run drop column run_kind, drop column statement;
alter table pydb.audit_log drop column pid, drop column statement;

drop routine pydb_internal.idempotency_check;

delete from pydb.setting where name = 'idempotency_max_bytes';
comment on column pydb.idempotency_key.fingerprint is 'Hash of the payload; null = not compared.';

comment on column pydb.retention_policy.author is
'Login role that set the policy; a filter runs only as a role that the author could become.';
alter table pydb.retention_policy drop column author_role;

drop routine pydb_internal.cascade_verify_counts;
-- cascade: a job is tried before its first row goes
delete from pydb.setting where name = 'cascade_trial_rows';
drop routine pydb_internal.cascade_job_queue;
drop routine pydb_internal.cascade_job_closure;
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default. To know: order, trigger, unindexed,
not_enforced, not_valid, uncovered (partitions without the key), inherited, locks.';
alter type pydb_internal.run_state drop attribute error_detail;

drop routine pydb_internal.run_log_unstarted;
drop routine pydb_internal.run_react;
drop view pydb.retention_job_log;
drop routine pydb_internal.doctor_cron_launcher;
drop routine pydb_internal.schedule_listed;
-- schedule_status reads it
drop view pydb.schedule_status;
drop routine pydb_internal.schedule_rows;
drop routine pydb_internal.doctor_grants;

update pydb_internal.run_kind
set hint = 'select * from pydb.job_run where kind = ''orphans'' order by id desc limit 10;'
where name in ('orphan_scan', 'orphan_repair');
drop routine pydb_internal.reference_edges_among;
drop routine pydb_internal.orphan_apply_rows;
-- retention: rows that go along, rows that stay for an error
drop routine pydb_internal.run_fault;
drop routine pydb_internal.retention_blocker_conditions;
drop routine pydb_internal.retention_delete_cascade;
drop routine pydb_internal.retention_delete_rows;
drop routine pydb_internal.retention_fuse_problem;
drop routine pydb_internal.retention_lock;
drop routine pydb_internal.retention_policy_warnings;
drop routine pydb_internal.retention_references;
drop routine pydb_internal.retention_take;
drop routine pydb_internal.retention_account;
drop routine pydb_internal.retention_first_work;
drop routine pydb_internal.retention_limit;
drop routine pydb_internal.retention_next_size;
alter type pydb_internal.retention_work drop attribute way, drop attribute faulty, drop attribute fault,
    drop attribute fault_code, drop attribute faults, drop attribute print, drop attribute first_way;
comment on column pydb_internal.retention_work.refused is 'Rows that a constraint kept.';
-- retention: units and times that cannot be meant
drop routine pydb.retention_plan;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.retention_measure;
drop routine pydb_internal.retention_survey;
delete from pydb.retention_policy where time_unit in ('ns', 'uuidv7');
alter table pydb.retention_policy drop constraint retention_policy_time_unit_check;
alter table pydb.retention_policy add constraint retention_policy_time_unit_check check (
    time_unit in ('timestamptz', 'timestamp', 'date', 's', 'ms', 'us')
);
alter table pydb.retention_policy drop column expire_implausible;
comment on column pydb.retention_policy.time_unit is
'timestamptz, timestamp or date by the column''s type; s, ms or us since 1970 for integers.';

-- references: conditions
drop routine pydb.reference_set;
drop routine pydb_internal.orphan_source;
drop view pydb.reference_list;
-- without its condition a reference would take other tables' rows
delete from pydb.reference where filter is not null or parent_filter is not null;
alter table pydb.reference drop column filter, drop column parent_filter;
alter type pydb_internal.reference_edge drop attribute filter, drop attribute parent_filter;

-- suggestions: measured on as many rows as asked
drop routine pydb_internal.reference_measure;
drop routine pydb.reference_suggest;
drop routine pydb_internal.reference_candidates;
