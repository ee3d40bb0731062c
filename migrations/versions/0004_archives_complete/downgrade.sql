-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run drop column signature;
alter table pydb.archive_run drop column columns;
