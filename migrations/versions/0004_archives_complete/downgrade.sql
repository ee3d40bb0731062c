-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run drop column signature;
alter table pydb.archive_run drop column columns;
alter table pydb.archive_run drop column deleted;
alter table pydb.archive_run drop column relations;

-- archive_balance, archive_account: what a batch has counted is where the next one begins
drop routine pydb_internal.archive_balance;
drop routine pydb_internal.archive_account;

-- archives are purged every night, unless somebody has said when, or that they are not
update pydb.schedule_source as s set schedule = null, updated_at = now()
where s.procedure = 'archive_purge' and not exists (
    select from pydb.audit_log as a where a.action = 'schedule_set' and a.subject = s.procedure
);
update pydb.schedule_source as s set housekeeping = false where s.procedure = 'archive_purge';

-- archive_status: without what the next purge takes
drop view pydb.archive_status;
