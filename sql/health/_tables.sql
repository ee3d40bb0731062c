-- pydb health tables: what is measured; settings and types.
-- Changing a type here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

insert into pydb.setting (name, value, value_type, nullable, min_value, max_value, description) values
(
    'orphan_scan_valid', '8 days', 'interval', true, '1 hour', '10 years',
    'a scan for orphans that is older tells nothing about now; null = nobody wants to know (interval, from 1 hour)'
);

create type pydb_internal.health_said as (
    status text,
    reason_code text,
    summary text,
    detail jsonb,
    hint text,
    checked_at timestamptz
);

comment on type pydb_internal.health_said is 'What a check of pydb.health says of its component.';
comment on column pydb_internal.health_said.status is 'ok, degraded, error or unknown.';
comment on column pydb_internal.health_said.reason_code is 'The reason in one word; well = none.';
comment on column pydb_internal.health_said.summary is 'The same as a sentence.';
comment on column pydb_internal.health_said.detail is 'Figures, and all findings, the worst first.';
comment on column pydb_internal.health_said.hint is 'The next command; null where it is well.';
comment on column pydb_internal.health_said.checked_at is
'When that was seen, where it was stored; null = now.';

create type pydb_internal.metric_sample as (
    name text,
    labels jsonb,
    value float8
);

comment on type pydb_internal.metric_sample is 'A row of pydb.metric.';
comment on column pydb_internal.metric_sample.name is 'Name of the sample.';
comment on column pydb_internal.metric_sample.labels is 'Object: label → value.';
comment on column pydb_internal.metric_sample.value is 'Value.';

create table pydb_internal.metric_kind (
    name text not null,
    type text not null,
    labels text[] not null default '{}',
    help text not null,
    collector text,
    constraint metric_kind_pkey primary key (name),
    constraint metric_kind_type_check check (type in ('gauge', 'counter', 'histogram')),
    constraint metric_kind_name_check check (name ~ '^lifecycle_[a-z0-9_]+$' and name !~ '_(bucket|sum|count)$'),
    constraint metric_kind_total_check check ((type = 'counter') = (name ~ '_total$'))
);

comment on table pydb_internal.metric_kind is
'The metrics of pydb.metric, contributed by the domains: what is not here is not shown.';
comment on column pydb_internal.metric_kind.name is
'Name; a histogram has samples name_bucket, name_sum and name_count.';
comment on column pydb_internal.metric_kind.type is 'gauge, counter or histogram.';
comment on column pydb_internal.metric_kind.labels is 'Its labels; of a histogram le comes with its buckets.';
comment on column pydb_internal.metric_kind.help is 'What it is.';
comment on column pydb_internal.metric_kind.collector is 'Where it comes from; null = from each of them.';

revoke all on pydb_internal.metric_kind from public;

insert into pydb_internal.metric_kind (name, type, labels, collector, help) values
(
    'lifecycle_build_info', 'gauge', '{schema_revision,pg_version}', 'build',
    'Always 1; the revision of pydb and the version of the server (and of the program, where it is asked '
    || 'through that).'
),
(
    'lifecycle_scrape_success', 'gauge', '{collector}', null,
    '1 = the collector gave all it has; 0 = it raised, and its metrics are missing.'
),
(
    'lifecycle_scrape_duration_seconds', 'gauge', '{collector}', null,
    'Time that the collector took.'
),
(
    'lifecycle_metrics_collected_timestamp_seconds', 'gauge', '{collector}', null,
    'When it was asked.'
),
(
    'lifecycle_folded_subjects', 'gauge', '{subsystem}', 'build',
    'Policies, references and jobs that have no metrics of their own and stand in "other" (setting '
    || 'metric_subjects).'
),
(
    'lifecycle_health_status', 'gauge', '{subsystem,status}', 'health',
    'State of a component of pydb.health: exactly one of ok, degraded, error and unknown is 1.'
),
(
    'lifecycle_health_check_duration_seconds', 'gauge', '{check}', 'health',
    'Time that the check of the component took.'
),
(
    'lifecycle_db_in_recovery', 'gauge', '{}', 'database',
    '1 = this server is a standby.'
),
(
    'lifecycle_db_oldest_xact_age_seconds', 'gauge', '{}', 'database',
    'Age of the oldest transaction of this database that holds a snapshot or a number; absent where the owner '
    || 'of pydb may not see it.'
),
(
    'lifecycle_db_replication_lag_bytes', 'gauge', '{standby}', 'database',
    'WAL that the standby has not replayed; absent where the owner of pydb may not see it.'
),
(
    'lifecycle_kill_switch', 'gauge', '{}', 'database',
    '1 = the kill switch is on: nothing deletes.'
),
(
    'lifecycle_guard_held', 'gauge', '{}', 'database',
    '1 = the database was restored, promoted or copied: nothing deletes until somebody says so.'
),
(
    'lifecycle_relation_live_rows', 'gauge', '{relation}', 'relations',
    'Rows of the table of a policy with its partitions, by the statistics.'
),
(
    'lifecycle_relation_dead_ratio', 'gauge', '{relation}', 'relations',
    'Share of dead rows among all of its rows, by the statistics; 0 to 1.'
),
(
    'lifecycle_relation_size_bytes', 'gauge', '{relation}', 'relations',
    'Its size with TOAST and indexes, as of the last vacuum or analyze.'
),
(
    'lifecycle_runs_total', 'counter', '{subsystem,policy,outcome}', 'runs',
    'Runs that ended, by how they did (blocked_rls: row security hides rows, or the server itself refused a '
    || 'privilege); dry runs do not count.'
),
(
    'lifecycle_run_duration_seconds', 'histogram', '{subsystem}', 'runs',
    'Time from start to end of runs that began.'
),
(
    'lifecycle_run_last_start_timestamp_seconds', 'gauge', '{subsystem,policy}', 'runs',
    'Start of the last run.'
),
(
    'lifecycle_run_last_success_timestamp_seconds', 'gauge', '{subsystem,policy}', 'runs',
    'End of the last run that left nothing; before the first one, when the policy was made or the schedule '
    || 'set.'
),
(
    'lifecycle_run_interval_seconds', 'gauge', '{subsystem,policy}', 'runs',
    'Longest time between two runs by the schedule; absent without one.'
),
(
    'lifecycle_run_in_progress', 'gauge', '{subsystem,policy}', 'runs',
    'Runs that are at work; absent without one.'
),
(
    'lifecycle_run_age_seconds', 'gauge', '{subsystem,policy}', 'runs',
    'Age of the oldest of them.'
),
(
    'lifecycle_rows_total', 'counter', '{subsystem,policy,action}', 'runs',
    'Rows of runs: selected (planned), deleted, archived, nulled, quarantined, purged, exported, restored, '
    || 'skipped.'
),
(
    'lifecycle_batches_total', 'counter', '{subsystem}', 'runs',
    'Committed batches.'
),
(
    'lifecycle_batch_duration_seconds', 'histogram', '{subsystem}', 'runs',
    'Time of a batch in its transaction, of runs that ended of their own.'
),
(
    'lifecycle_batch_retries_total', 'counter', '{subsystem,sqlstate_class}', 'runs',
    'Batches that were tried again, by the class of the SQLSTATE: 40, 55, 57, 53, other.'
),
(
    'lifecycle_policies', 'gauge', '{state}', 'retention',
    'Policies that are active, paused or disabled.'
),
(
    'lifecycle_retention_expired_rows', 'gauge', '{policy}', 'retention',
    'Rows that were due and left when they were last counted, by a run or a dry run.'
),
(
    'lifecycle_retention_counted_timestamp_seconds', 'gauge', '{policy}', 'retention',
    'When that was.'
),
(
    'lifecycle_retention_oldest_expired_age_seconds', 'gauge', '{policy}', 'retention',
    'For how long rows have been due at most: since a run left nothing; 0 = nothing was left.'
),
(
    'lifecycle_retention_seconds', 'gauge', '{policy}', 'retention',
    'How long rows are kept.'
),
(
    'lifecycle_retention_guard_limit_ratio', 'gauge', '{policy}', 'retention',
    'Share of the table that a run may delete (fuse_share).'
),
(
    'lifecycle_retention_due_rows_per_day', 'gauge', '{policy}', 'retention',
    'Rows that cross the boundary a day.'
),
(
    'lifecycle_retention_deleted_rows_per_day', 'gauge', '{policy}', 'retention',
    'Rows that runs delete a day.'
),
(
    'lifecycle_cascade_planned_rows_total', 'counter', '{}', 'cascade',
    'Rows that completed cascades had planned to delete.'
),
(
    'lifecycle_cascade_deleted_rows_total', 'counter', '{}', 'cascade',
    'Rows that they deleted; rows that arrive between a plan and its run make a difference.'
),
(
    'lifecycle_cascade_plan_mismatch_total', 'counter', '{}', 'cascade',
    'Deletes that were not what was planned, and were undone.'
),
(
    'lifecycle_cascade_unindexed_fks', 'gauge', '{}', 'cascade',
    'References without an index on their columns.'
),
(
    'lifecycle_cascade_jobs', 'gauge', '{state}', 'cascade',
    'Cascade jobs that are requested, approved or started.'
),
(
    'lifecycle_erasures', 'gauge', '{state}', 'cascade',
    'Erasures that are open; of them due_soon (setting erasure_warning) and overdue.'
),
(
    'lifecycle_orphan_rows', 'gauge', '{edge,kind}', 'orphans',
    'Rows without their parent, by the last scan, or met since by pydb.orphan_check where that is more; kind '
    || 'is declared, not_valid or logical.'
),
(
    'lifecycle_orphan_scan_coverage_ratio', 'gauge', '{edge,kind}', 'orphans',
    'Share of the rows that the last look checked; 0 to 1.'
),
(
    'lifecycle_orphan_scan_timestamp_seconds', 'gauge', '{edge,kind}', 'orphans',
    'End of the last whole scan.'
),
(
    'lifecycle_orphan_references', 'gauge', '{status}', 'orphans',
    'References by the end of their last look: complete, partial, skipped, error, unscanned.'
),
(
    'lifecycle_idempotency_claims_total', 'counter', '{result}', 'idempotency',
    'Claims: acquired (takeovers among them, and claims that were rolled back), taken_over, mismatch, '
    || 'superseded; the last three since the last crash of the server.'
),
(
    'lifecycle_idempotency_keys', 'gauge', '{state}', 'idempotency',
    'Keys that are pending, stale, held, completed, failed, failed_retryable; expired ones are counted among '
    || 'them too.'
),
(
    'lifecycle_idempotency_stuck_claims', 'gauge', '{}', 'idempotency',
    'Claims whose lease has passed and of which an operator must decide.'
),
(
    'lifecycle_idempotency_oldest_key_age_seconds', 'gauge', '{}', 'idempotency',
    'For how long the oldest expired key has waited for being pruned; 0 = none does.'
),
(
    'lifecycle_scheduler_job_expected', 'gauge', '{cron_job}', 'scheduler',
    '1 = the job should be there; absent where it cannot be told whether it is.'
),
(
    'lifecycle_scheduler_job_active', 'gauge', '{cron_job}', 'scheduler',
    '1 = it is there as it should be, and something fires it.'
),
(
    'lifecycle_scheduler_job_interval_seconds', 'gauge', '{cron_job}', 'scheduler',
    'Longest time between two firings by its schedule.'
),
(
    'lifecycle_scheduler_job_last_end_timestamp_seconds', 'gauge', '{cron_job}', 'scheduler',
    'End of its last firing.'
),
(
    'lifecycle_scheduler_job_running_seconds', 'gauge', '{cron_job}', 'scheduler',
    'For how long it has been running; absent where it is not.'
),
(
    'lifecycle_scheduler_job_failures_total', 'counter', '{cron_job,reason}', 'scheduler',
    'Firings that failed: startup_timeout, connection, terminated, error.'
),
(
    'lifecycle_scheduler_run_details_rows', 'gauge', '{}', 'scheduler',
    'Rows of cron.job_run_details, by the statistics.'
),
(
    'lifecycle_schema_drift_objects', 'gauge', '{kind}', 'health',
    'Objects of pydb that are not what the migrations made: modified, missing, extra.'
),
(
    'lifecycle_audit_events_total', 'counter', '{}', 'health',
    'Entries of the audit log, those that were rolled back among them.'
),
(
    'lifecycle_audit_missing_events', 'gauge', '{}', 'health',
    'Sealed entries that are gone, as far as they were looked at.'
),
(
    'lifecycle_audit_chain_valid', 'gauge', '{}', 'health',
    '1 = the audit log is what was sealed, as far as it was looked at: what nobody has verified of the last 50 '
    || 'blocks.'
),
(
    'lifecycle_audit_unsealed_events', 'gauge', '{}', 'health',
    'Entries that wait for a seal; counted up to 10000.'
),
(
    'lifecycle_archive_rows_total', 'counter', '{policy}', 'archive',
    'Rows that runs of the policy put into archives.'
),
(
    'lifecycle_archive_unmatched_rows', 'gauge', '{}', 'archive',
    'Rows that the books say are in archives that are gone.'
),
(
    'lifecycle_archive_rows', 'gauge', '{relation}', 'archive',
    'Rows in the archive of a table.'
),
(
    'lifecycle_archive_oldest_age_seconds', 'gauge', '{relation}', 'archive',
    'Age of its oldest rows there.'
),
(
    'lifecycle_holds', 'gauge', '{state}', 'holds',
    'Holds that are active, broken (they block deletes) or ended.'
),
(
    'lifecycle_events_published_total', 'counter', '{}', 'events',
    'Events that were published.'
),
(
    'lifecycle_events_waiting', 'gauge', '{}', 'events',
    'Events that wait to be published; counted up to 10000.'
),
(
    'lifecycle_events_waiting_seconds', 'gauge', '{}', 'events',
    'For how long the oldest of them has waited; 0 = none does.'
),
(
    'lifecycle_events_held_seconds', 'gauge', '{}', 'events',
    'For how long the transaction that holds the stream back has been open; 0 = none does.'
),
(
    'lifecycle_degraded_answers_total', 'counter', '{provider,reason}', 'events',
    'Answers that an application gave without what it depends on.'
);
