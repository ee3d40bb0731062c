-- what 0006 changes about tables, in the order of its rooms

-- core: the list of runs of one state
create index job_run_state_idx on pydb.job_run (state, kind, started_at);

-- web: the audit of one run, and of what a person asked for
create index audit_log_run_id_idx on pydb.audit_log (run_id) where run_id is not null;
create index audit_log_request_idx on pydb.audit_log ((arguments ->> 'request')) where action = 'audit_note';
