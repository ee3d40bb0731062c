alter type pydb_internal.run_turn drop attribute through;
