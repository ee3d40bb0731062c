-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;

-- cascade: a purge looks again for copies where its archives have been given any
alter type pydb_internal.cascade_work drop attribute sources;
alter type pydb_internal.cascade_work drop attribute mark;

-- archive: by which column rows expired, for "from when to when"
alter table pydb.archive_run drop column time_column;
