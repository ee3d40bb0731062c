-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;

-- events: the stream, what waits for it, and the counts of degraded answers
drop table pydb.event, pydb_internal.event_waiting, pydb_internal.event_head, pydb_internal.event_told, pydb.degraded_count;
delete from pydb.schedule_source where procedure = 'event_run';
delete from pydb.setting
where name in ('events', 'event_wait', 'event_keep', 'event_max_bytes', 'event_run_for', 'degraded_keep');
