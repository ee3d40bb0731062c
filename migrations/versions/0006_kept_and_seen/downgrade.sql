-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;

-- core: one look of several; what the governor saw is shared between runs
drop table pydb_internal.governor_seen;
alter table pydb_internal.run_kind drop column is_windowed;
alter type pydb_internal.run_state drop attribute governor_seen;
alter type pydb_internal.run_terms drop attribute relation;
drop view pydb.guard_status;
