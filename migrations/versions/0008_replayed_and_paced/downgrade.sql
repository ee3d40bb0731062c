-- destroys: which columns holds, policies and references are about (where another has the name of one by now, they are about that one again)
alter table pydb.hold drop column tables_seen, drop column columns_seen;
alter table pydb.retention_policy drop column columns_seen;
alter table pydb.reference drop column columns_seen;
drop routine pydb_internal.run_react;

alter type pydb_internal.run_state drop attribute by_row;
alter type pydb_internal.run_turn drop attribute through;
