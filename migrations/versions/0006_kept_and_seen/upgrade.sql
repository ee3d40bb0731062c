-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at);

-- cascade: a purge looks again for copies where its archives have been given any
alter type pydb_internal.cascade_work add attribute sources oid[];
alter type pydb_internal.cascade_work add attribute mark text;
