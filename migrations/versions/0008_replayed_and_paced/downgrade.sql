-- destroys: which columns holds are about (where another has the name of one by now, they are about that one again)
alter table pydb.hold drop column tables_seen, drop column columns_seen;
