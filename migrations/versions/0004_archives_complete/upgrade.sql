-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run add column signature text;
alter table pydb.archive_run add column columns name[];
alter table pydb.archive_run add column deleted bigint;
alter table pydb.archive_run add column relations numeric;
comment on column pydb.archive_run.signature is
'Fingerprint of the columns of table and archive, when the run last compared them.';
comment on column pydb.archive_run.columns is 'The columns of the table then, in its order.';
comment on column pydb.archive_run.deleted is
'Rows that the session of the run had deleted from all tables when its last batch with triggers ended.';
comment on column pydb.archive_run.relations is
'Sum of the numbers of those tables: another one is another set of them.';

-- archive_balance, archive_account: what a batch has counted is where the next one begins
drop routine pydb_internal.archive_balance;
drop routine pydb_internal.archive_account;

-- archives that are there are purged every night, unless somebody has said when, or that they are not
update pydb.schedule_source as s set schedule = '40 4 * * *', updated_at = now()
where s.procedure = 'archive_purge' and s.schedule is null and exists (select from pydb.archive_table as t)
    and not exists (select from pydb.audit_log as a where a.action = 'schedule_set' and a.subject = s.procedure);
