-- destroys: which policies save the rows of partitions first, and how many were (those policies are disabled)
-- retention_policy: without it their partitions would be dropped as they are
update pydb.retention_policy as p set enabled = false, partition = 'keep', version = p.version + 1
where p.partition_first is not null;
alter table pydb.retention_policy drop constraint retention_policy_partition_first_check;
alter table pydb.retention_policy drop column partition_first;
alter table pydb.retention_partition drop column rows_saved;
alter type pydb_internal.retention_work drop attribute parts_waiting;
alter type pydb_internal.retention_work drop attribute parts_planned;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.retention_partition_lock;
