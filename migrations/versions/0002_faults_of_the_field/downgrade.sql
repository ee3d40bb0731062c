drop routine pydb_internal.cascade_edge_problem;

alter type pydb_internal.run_state drop attribute error_detail;

drop routine pydb_internal.run_log_unstarted;
drop routine pydb_internal.run_react;
drop view pydb.retention_job_log;
