drop routine pydb_internal.retention_rule_condition;
drop routine pydb_internal.retention_leaf_warnings;
drop routine pydb_internal.retention_effect_warnings;
drop routine pydb_internal.retention_cascade_plan;
drop routine pydb_internal.retention_beyond_condition;

alter type pydb_internal.retention_said drop attribute last, drop attribute since;

drop type pydb_internal.retention_last_rows;
drop routine pydb_internal.cascade_index_command;
drop table pydb_internal.reference_gate;

alter type pydb_internal.retention_work drop attribute fixed_ms, drop attribute last_rows, drop attribute last_ms;

drop routine pydb_internal.retention_target_ms;
