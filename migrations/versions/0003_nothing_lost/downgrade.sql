-- destroys: archived rows (schema pydb_archive), what runs archived (pydb.archive_run), the record of exported files (pydb.archive_manifest), watermarks (policies that had one are disabled), what is known of detached partitions (policies that drop them are disabled), the ledger of erasures (pydb.erasure)
drop schema pydb_archive cascade;

drop table pydb.archive_run;

drop table pydb.archive_table;

delete from pydb.setting where name = 'archive_keep';

delete from pydb_internal.run_kind where name = 'archive_purge';

delete from pydb.schedule_source where procedure = 'archive_purge';

drop type pydb.archive_step;

drop type pydb_internal.archive_part;

drop type pydb_internal.archive_found;

-- archiving runs: the deletes are told which run keeps what goes
drop routine pydb.cascade_delete;
drop routine pydb.cascade_plan;
drop routine pydb.cascade_request;
drop routine pydb.entity_set;
drop routine pydb_internal.cascade_delete_once;
drop routine pydb_internal.cascade_deletes;
drop routine pydb_internal.cascade_execute;
drop routine pydb_internal.cascade_log;
drop routine pydb_internal.cascade_resolve_choices;
drop routine pydb_internal.cascade_write;
drop routine pydb_internal.retention_delete;
drop routine pydb_internal.retention_delete_cascade;
drop routine pydb_internal.retention_delete_rows;
drop routine pydb_internal.retention_take;
drop routine pydb_internal.run_log_done;

-- a policy that archives would only delete from now on
update pydb.retention_policy set enabled = false, version = version + 1 where enabled and action = 'archive';

-- retention_policy: the watermark. Without it a policy would delete what it keeps: it is disabled
update pydb.retention_policy as p set enabled = false, version = p.version + 1
where p.enabled and pg_catalog.num_nonnulls(p.watermark_table, p.watermark_function) > 0;
alter table pydb.retention_policy drop constraint retention_policy_watermark_check;
alter table pydb.retention_policy drop column watermark_table;
alter table pydb.retention_policy drop column watermark_column;
alter table pydb.retention_policy drop column watermark_pick;
alter table pydb.retention_policy drop column watermark_filter;
alter table pydb.retention_policy drop column watermark_function;
drop routine pydb.retention_policy_set;

drop type pydb_internal.retention_aspect;

alter type pydb_internal.retention_work drop attribute fault_place;
drop table pydb_internal.archive_chunk;

drop table pydb_internal.archive_exporter;

drop table pydb.archive_manifest;

delete from pydb_internal.run_kind where name = 'export';

-- what it exported goes no other way by itself: such a policy is disabled, and deletes once somebody enables it
update pydb.retention_policy set action = 'delete', enabled = false where action = 'export';

alter table pydb.retention_policy drop constraint retention_policy_action_check;

alter table pydb.retention_policy add constraint retention_policy_action_check check (
    action in ('delete', 'archive', 'nullify', 'drop_partition')
);

comment on column pydb.retention_policy.action is 'delete; archive, nullify and drop_partition are reserved.';
alter table pydb.reference drop column author_role;

drop routine pydb_internal.retention_references;
-- cascade: what triggers delete is accepted by jobs too
drop routine pydb_internal.cascade_check_job;
drop routine pydb_internal.cascade_check_trial;
drop routine pydb_internal.cascade_trial;
drop routine pydb_internal.cascade_job_delete;
drop routine pydb_internal.cascade_job_batch;
drop routine pydb_internal.cascade_job_progress;
alter type pydb_internal.cascade_work drop attribute allow_triggers;
alter table pydb.cascade_job drop column allow_triggers, drop column triggered;

-- cascade: the ledger of erasures
drop table pydb.erasure;
delete from pydb.setting where name = 'erasure_deadline';
-- cascades that archive: a job that is not through would only delete
update pydb.cascade_job set state = 'cancelled', cancelled_by = session_user, cancelled_at = pg_catalog.now()
where archive and state in ('requested', 'approved');

alter table pydb.entity drop column archive;

alter table pydb.cascade_job drop column archive;

-- retention_policy: partitions. Without them a policy would delete rows: it is disabled
update pydb.retention_policy as p set enabled = false, version = p.version + 1
where p.enabled and p.action = 'drop_partition';
alter table pydb.retention_policy drop constraint retention_policy_partition_check;
alter table pydb.retention_policy drop column partition;
alter table pydb.retention_policy drop column partition_schema;
drop table pydb.retention_partition;
drop type pydb_internal.retention_bounds;
delete from pydb.setting where name in ('partition_lock_timeout', 'partition_patience');
alter type pydb_internal.retention_work drop attribute parts_since;
alter type pydb_internal.retention_work drop attribute parts_stuck;
alter type pydb_internal.retention_work drop attribute parts_done;
alter type pydb_internal.retention_work drop attribute parts_rows;
drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_expiry;

drop routine pydb.reference_suggest;

drop routine pydb_internal.reference_measure;

comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, heirs (their rows with these keys stay visible), locks, superuser.';
