alter type pydb_internal.run_turn add attribute is_settled boolean;
comment on column pydb_internal.run_turn.is_settled is
'True: the turn can have put nothing off to the end of its transaction (deferred constraints and triggers).';

-- the count also says where the rows end
drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;
