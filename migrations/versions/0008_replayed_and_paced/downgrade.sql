-- destroys: which columns the names in holds, policies and references stood for
alter table pydb.hold drop column tables_seen, drop column columns_seen;
alter table pydb.retention_policy drop column columns_seen;
alter table pydb.reference drop column columns_seen;
drop routine pydb_internal.run_react;

alter type pydb_internal.run_state drop attribute by_row;
alter type pydb_internal.run_turn drop attribute through;
alter type pydb_internal.retention_work drop attribute fault_words;
