drop routine pydb_internal.cascade_index_command;
drop table pydb_internal.reference_gate;
