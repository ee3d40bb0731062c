-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;

-- core: one look of several; what the governor saw is shared between runs
drop trigger run_window_kinds on pydb.run_window;
drop trigger run_kind_windows on pydb_internal.run_kind;
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
where name in ('events', 'event_wait', 'event_keep', 'event_max_bytes', 'event_run_for', 'degraded_keep');
