-- retention_policy: partitions whose rows are saved before they are dropped
alter table pydb.retention_policy add column partition_first text;
alter table pydb.retention_policy add constraint retention_policy_partition_first_check check (
    partition_first is null
    or (partition_first in ('archive', 'export') and action = 'drop_partition' and partition = 'drop')
);
comment on column pydb.retention_policy.partition_first is
'What becomes of the rows of a partition before it is dropped: archive (into the archive of the table) or export (to
files, by pydb archive export); null = nothing.';
alter table pydb.retention_partition add column rows_saved bigint;
comment on column pydb.retention_partition.rows_saved is
'Rows of it that went to the archive of its table, or to verified files, before it was dropped; null = none were to.';
alter type pydb_internal.retention_work add attribute parts_waiting bigint;
comment on column pydb_internal.retention_work.parts_waiting is
'Partitions that are detached and wait for somebody who exports their rows.';
alter type pydb_internal.retention_work add attribute parts_planned oid[];
comment on column pydb_internal.retention_work.parts_planned is 'Partitions that were to go as a whole when it began.';
drop routine pydb.retention_policy_set;

-- several partitions go under one lock
drop routine pydb_internal.retention_partition_lock;
