-- destroys: rules that keep rows longer, totals of the metrics, events
-- what 0006 changes about tables, taken back

-- core: the list of runs of one state
drop index pydb.job_run_state_idx;

-- web: the audit of one run, and of what a person asked for
drop index pydb.audit_log_request_idx;
drop index pydb.audit_log_run_id_idx;
