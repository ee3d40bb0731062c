alter type pydb_internal.run_turn drop attribute is_settled;

drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;
