drop routine pydb_internal.run_react;

alter type pydb_internal.run_state drop attribute by_row;
