-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run drop column signature;
alter table pydb.archive_run drop column columns;
alter table pydb.archive_run drop column deleted;
alter table pydb.archive_run drop column relations;

-- archive_balance, archive_account: what a batch has counted is where the next one begins
drop routine pydb_internal.archive_balance;
drop routine pydb_internal.archive_account;

-- archive_status: without what the next purge takes
drop view pydb.archive_status;
