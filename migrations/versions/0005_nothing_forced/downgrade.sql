-- destroys: which server and database pydb may delete in, and what was allowed beforehand
drop table pydb.guard_server;
drop type pydb_internal.guard_place;
