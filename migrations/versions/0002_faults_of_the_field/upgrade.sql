drop routine pydb_internal.cascade_edge_problem;

-- what the server said beside its message
alter type pydb_internal.run_state add attribute error_detail text;

-- other arguments, or another result
drop routine pydb_internal.run_log_unstarted;
drop routine pydb_internal.run_react;
