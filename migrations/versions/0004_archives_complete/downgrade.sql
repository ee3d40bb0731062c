-- destroys: the search_path of policies, entities and cascade jobs (triggers look for names as the running role does), what the ledger keeps of the edges of erasures, and which of them were for good, which policies save the rows of partitions first, and how many were (those policies are disabled)
-- archive_run: a run compares table and archive once, and again where one of them has changed
alter table pydb.archive_run drop column signature;
alter table pydb.archive_run drop column columns;

alter type pydb_internal.run_turn drop attribute is_settled;

drop routine pydb_internal.retention_survey;
drop routine pydb_internal.retention_measure;

drop routine pydb.cascade_delete;
drop routine pydb.cascade_request;
drop routine pydb.entity_set;
drop routine pydb.orphan_repair;
drop routine pydb.orphan_restore;
drop routine pydb.retention_policy_set;
drop routine pydb_internal.cascade_resolve_choices;

alter table pydb.retention_policy drop column search_path;

alter table pydb.entity drop column search_path;

alter table pydb.cascade_job drop column search_path;

alter table pydb.archive_run drop column search_path;

alter type pydb_internal.orphan_repair_work drop attribute search_path;

drop routine pydb_internal.export_range;
drop routine pydb_internal.archive_places;

drop routine pydb.cascade_plan;
drop routine pydb_internal.erasure_back;
drop routine pydb_internal.erasure_row;
alter table pydb.cascade_job drop column purge;
drop view pydb.erasure_status;
alter table pydb.erasure drop column purge;
alter table pydb.erasure drop column edges;
alter type pydb_internal.cascade_work drop attribute purge;
drop type pydb_internal.cascade_copy;
drop type pydb_internal.erasure_task;
delete from pydb.setting where name in ('erasure_warning', 'erasure_edge_keys');
comment on column pydb.cascade_job.keys is 'Keys of the root rows: array of objects.';
comment on column pydb.cascade_step.action is
'delete; nullify (set null) and default (set default) are updates; blocked: the rows stop the whole delete.';
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, heirs (their rows with these keys stay visible), locks, superuser, archived (what goes is kept),
unlinked (a restore does not set them back). Blocking: unarchivable (with an archive).';

alter table pydb_internal.archive_chunk drop constraint archive_chunk_versions_check;
update pydb_internal.archive_chunk as c set versions = array_fill(c.versions[1], array[cardinality(c.tids)])
where cardinality(c.versions) = 1;
alter table pydb_internal.archive_chunk add constraint archive_chunk_versions_check check (
    cardinality(versions) = cardinality(tids)
);
comment on column pydb_internal.archive_chunk.versions is 'Their versions (xmin), in the same order.';

-- archive_run, archive_manifest: what went from archives to files
drop view pydb.archive_list;
drop view pydb.archive_status;
alter table pydb.archive_run drop column exported;
comment on column pydb.archive_run.purged is 'Rows that left the archive for good.';
alter table pydb.archive_manifest drop column archived_run_id;
delete from pydb_internal.run_kind where name = 'archive_export';

-- a file comes back as a restore brings rows back
drop routine pydb_internal.archive_import_open;
drop routine pydb_internal.archive_key;

alter table pydb.archive_run drop column deleted;
alter table pydb.archive_run drop column relations;

-- archive_balance, archive_account: what a batch has counted is where the next one begins
drop routine pydb_internal.archive_balance;
drop routine pydb_internal.archive_account;

-- archive_status: without what the next purge takes

-- retention_policy: without partition_first their partitions would be dropped as they are
alter table pydb.retention_policy drop constraint retention_policy_partition_first_check;
update pydb.retention_policy as p set enabled = false, partition = 'keep', version = p.version + 1
where p.partition_first is not null;
alter table pydb.retention_policy drop column partition_first;
alter table pydb.retention_partition drop column rows_saved;
alter type pydb_internal.retention_work drop attribute parts_waiting;
alter type pydb_internal.retention_work drop attribute parts_planned;
drop routine pydb_internal.retention_partition_lock;
drop routine pydb_internal.retention_partition_remove;
