-- destroys: what the ledger keeps of the edges of erasures, and which of them were for good
drop routine pydb.cascade_plan;
drop routine pydb.cascade_request;
drop routine pydb_internal.erasure_back;
drop routine pydb_internal.erasure_row;
alter table pydb.cascade_job drop column purge;
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
