-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;
