-- pydb.archive_list: what is in the archives, run by run and table by table.
-- reads pydb.archive_run, pydb.archive_table, pydb.job_run, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.archive_list as
select
    a.run_id,
    r.kind,
    r.subject,
    a.source_name as relation,
    a.archive,
    a.rows - a.restored - a.purged as rows,
    a.rows as archived,
    a.restored,
    a.purged,
    a.first_at,
    a.last_at,
    case
        when a.rows > a.restored + a.purged and a.export_policy is null
            then a.last_at + coalesce(t.keep, s.value::interval)
    end as until,
    a.exported,
    case when a.rows > a.restored + a.purged then a.export_policy end as export_policy
from pydb.archive_run as a
left join pydb.archive_table as t on t.archive = a.archive
left join pydb.job_run as r on r.id = a.run_id
left join pydb.setting as s on s.name = 'archive_keep';

comment on view pydb.archive_list is
'What each run put into each archive and how much of it is still there. pydb.archive_restore(run_id) puts it back.';
comment on column pydb.archive_list.run_id is 'pydb.job_run.id of the run that deleted the rows.';
comment on column pydb.archive_list.kind is 'Domain of the run; null where it is no longer in the log.';
comment on column pydb.archive_list.subject is 'What ran: the policy, the entity or the table, the job.';
comment on column pydb.archive_list.relation is 'Table that the rows were deleted from, as it was called.';
comment on column pydb.archive_list.archive is 'Archive table that keeps them.';
comment on column pydb.archive_list.rows is 'Rows that are still there.';
comment on column pydb.archive_list.archived is 'Rows that were archived.';
comment on column pydb.archive_list.restored is 'Rows that were put back.';
comment on column pydb.archive_list.purged is 'Rows that left the archive for good, or for a file.';
comment on column pydb.archive_list.first_at is 'When the first of them were archived.';
comment on column pydb.archive_list.last_at is 'When the last of them were archived.';
comment on column pydb.archive_list.until is
'From when on pydb.archive_purge removes them; null = never, or nothing is left.';
comment on column pydb.archive_list.exported is
'Those of the purged ones that are in verified files: pydb.archive_manifest, by archived_run_id.';
comment on column pydb.archive_list.export_policy is
'Policy whose next pydb archive export takes the rows to files: until then they are not purged. Null = none.';

revoke all on pydb.archive_list from public;
