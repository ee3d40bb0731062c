-- destroys: rules that keep rows longer, totals of the metrics, events, which schemas have telemetry
-- what 0006 changes about tables, taken back
-- core: the list of runs of one state
drop index pydb.job_run_state_idx;
-- core: one look of several; what the governor saw is shared between runs
drop table pydb_internal.governor_seen;
alter table pydb_internal.run_kind drop column is_windowed;
alter type pydb_internal.run_state drop attribute governor_seen;
alter type pydb_internal.run_terms drop attribute relation;
-- cascade: a purge looks again for copies where its archives have been given any
alter type pydb_internal.cascade_work drop attribute sources;
alter type pydb_internal.cascade_work drop attribute mark;
-- core: totals that outlive the log of runs
drop table pydb.metric_total;
delete from pydb.setting where name = 'metric_subjects';
alter type pydb_internal.run_state drop attribute tally;
-- orphans: what applications meet in a part of a reference
drop function pydb_internal.orphan_count_piece;
drop table pydb.orphan_part;
-- health: its settings and types
delete from pydb.setting where name = 'orphan_scan_valid';
drop table pydb_internal.metric_kind;
drop type pydb_internal.metric_sample;
drop type pydb_internal.health_said;
-- events: the stream, what waits for it, and the counts of degraded answers
drop table pydb.event, pydb_internal.event_waiting, pydb_internal.event_head, pydb_internal.event_told, pydb.degraded_count;
delete from pydb.schedule_source where procedure = 'event_run';
delete from pydb.setting
where name in (
    'events', 'event_wait', 'event_keep', 'event_max_bytes', 'event_max_waiting', 'event_run_for', 'degraded_keep'
);
drop view pydb.guard_status;
-- retention: without their rules policies would delete what the rules kept, so they do not run until somebody looks
update pydb.retention_policy
set paused_at = now(), paused_by = session_user,
    paused_reason = 'its rules (keep by column or table, last rows) went with the downgrade: it would delete what they kept'
where paused_at is null and num_nonnulls(keep_column, keep_table, keep_last) > 0;
drop function pydb.retention_policy_set(
    text, regclass, name, interval, text, text, text, text, text, interval, bigint, interval, integer, bigint, numeric,
    text, boolean, boolean, text, boolean, boolean, boolean, regclass, name, text, text, text,
    text, name, name[], text, text[], text, interval, text[], bigint, interval, text, integer,
    name, regclass, name[], name[], name, interval, integer, name[], text
);
alter table pydb.retention_policy
    drop constraint retention_policy_rules_check,
    drop column keep_column,
    drop column keep_table,
    drop column keep_by,
    drop column keep_key,
    drop column keep_value,
    drop column keep_floor,
    drop column keep_last,
    drop column keep_last_by,
    drop column combine,
    drop column keep_at;
-- web: the audit of one run, and of what a person asked for
drop index pydb.audit_log_request_idx;
drop index pydb.audit_log_run_id_idx;
-- archive: by which column rows expired, for "from when to when"
alter table pydb.archive_run drop column time_column;
-- web: the outlook of one policy asks for the rates of one
drop function pydb_internal.retention_rates(text);
-- holds: what is held of a table is asked once for all of its relations
alter type pydb_internal.retention_work drop attribute named;
alter type pydb_internal.retention_work drop attribute names;
alter type pydb_internal.retention_work drop attribute free;
alter type pydb_internal.retention_work drop attribute free_since;
alter type pydb_internal.retention_work drop attribute free_at;
alter type pydb_internal.retention_work drop attribute free_until;
drop function pydb_internal.hold_seed_condition(pydb_internal.hold_graph, pydb_internal.hold_seed, text);
drop function pydb_internal.hold_key_condition(pydb_internal.hold_seed, text, name[], text, boolean);
drop function pydb_internal.retention_measure(
    pydb.retention_policy, oid, timestamptz, boolean, pydb_internal.hold_rule, pydb_internal.retention_said
);
drop function pydb_internal.retention_partition_held(pydb.retention_policy, oid, pydb_internal.hold_rule);
drop function pydb_internal.retention_partition_verdict(
    pydb.retention_policy, timestamptz, pydb_internal.retention_bounds, pydb_internal.hold_rule,
    pydb_internal.retention_said
);
drop function pydb_internal.retention_survey(
    pydb.retention_policy, timestamptz, boolean, pydb_internal.hold_rule, pydb_internal.retention_said
);
drop type pydb_internal.hold_rule;
alter type pydb_internal.hold_graph drop attribute is_sought;
-- schedule: who fires is one of those that pydb knows
update pydb.setting
set choices = '{auto,pg_cron,pydb}', value = case when value = 'external' then 'auto' else value end,
    description = 'who fires schedules: auto, pg_cron or pydb (the pydb schedule run process)'
where name = 'schedule_backend';
-- retention: what an export reads counts from the moment of its run
drop function pydb_internal.export_range(text, oid, timestamptz, bigint, bigint, bigint, bigint);
-- archive: what an export takes along is archived on its way to files
drop view pydb.archive_list;
drop view pydb.archive_status;
alter table pydb.archive_run drop column export_policy;
-- telemetry: which schemas have it; the tables of the applications and their policies stay
drop table pydb.telemetry;
delete from pydb.schedule_source where procedure = 'telemetry_run';
delete from pydb.setting where name = 'telemetry_ahead';
-- orphans: a repair knows the names of the tables that its conditions ask
alter type pydb_internal.orphan_repair_work drop attribute named;
alter type pydb_internal.orphan_repair_work drop attribute names;
alter type pydb_internal.orphan_repair_work drop attribute free_until;
-- governor and windows: a look asks once, and not farther than it matters
-- holds: filters are asked of archives where that can be
drop function pydb_internal.hold_seeds(pydb.hold[], jsonb);
-- cascade: the edges of the ledger of erasures are a document again
drop function pydb_internal.erasure_keys(pydb_internal.cascade_closure, bytea);
alter table pydb.erasure alter column edges drop default;
alter table pydb.erasure alter column edges type jsonb using pg_catalog.to_jsonb(edges);
alter table pydb.erasure alter column edges set default '[]'::jsonb;
comment on column pydb.erasure.edges is
'Array: reference, child, columns, parent, parent_columns, keys (how many), hashes (of the keys of the rows of parent,
salted; null = too many to be kept, setting erasure_edge_keys): by them pydb.erasure_verify_edges looks below rows that
are gone.';
drop type pydb.erasure_edge;
-- retention: what a policy says of its rows is made anew for each relation
drop function pydb_internal.retention_due_terms(
    pydb.retention_policy, oid, timestamptz, pydb_internal.retention_said
);
drop function pydb_internal.retention_deletable_condition(
    pydb.retention_policy, oid, timestamptz, pydb_internal.retention_said
);
drop function pydb_internal.retention_part(
    pydb.retention_policy, oid, timestamptz, text, bigint, bigint, pydb_internal.retention_said
);
drop type pydb_internal.retention_said;
