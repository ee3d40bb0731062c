drop routine pydb_internal.cascade_edge_problem;
-- cascade: a job is tried before its first row goes
delete from pydb.setting where name = 'cascade_trial_rows';
drop routine pydb_internal.cascade_job_queue;
