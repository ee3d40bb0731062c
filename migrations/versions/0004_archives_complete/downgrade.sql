-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run drop column signature;
alter table pydb.archive_run drop column columns;

alter type pydb_internal.run_turn drop attribute is_settled;

drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;
