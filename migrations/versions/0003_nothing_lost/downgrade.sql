-- destroys: archived rows (schema pydb_archive), what runs archived (pydb.archive_run), watermarks (policies that had one are disabled)
drop schema pydb_archive cascade;

drop table pydb.archive_run;

drop table pydb.archive_table;

delete from pydb.setting where name = 'archive_keep';

-- retention_policy: the watermark. Without it a policy would delete what it keeps: it is disabled
update pydb.retention_policy as p set enabled = false, version = p.version + 1
where p.enabled and pg_catalog.num_nonnulls(p.watermark_table, p.watermark_function) > 0;
alter table pydb.retention_policy drop constraint retention_policy_watermark_check;
alter table pydb.retention_policy drop column watermark_table;
alter table pydb.retention_policy drop column watermark_column;
alter table pydb.retention_policy drop column watermark_pick;
alter table pydb.retention_policy drop column watermark_filter;
alter table pydb.retention_policy drop column watermark_function;
drop routine pydb.retention_policy_set;

drop type pydb_internal.retention_aspect;

alter type pydb_internal.retention_work drop attribute fault_place;
