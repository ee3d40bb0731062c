-- erasures for good, and what the ledger keeps of their edges
drop routine pydb.cascade_plan;
drop routine pydb.cascade_request;
drop routine pydb_internal.erasure_back;
drop routine pydb_internal.erasure_row;
alter table pydb.cascade_job add column purge boolean not null default false;
alter table pydb.erasure add column purge boolean not null default false;
alter table pydb.erasure add column edges jsonb not null default '[]'::jsonb;
alter type pydb_internal.cascade_work add attribute purge boolean;
insert into pydb.setting (name, value, value_type, min_value, max_value, description) values
(
    'erasure_warning', '7 days', 'interval', '1 hour', '100 years',
    'pydb doctor warns so long before the deadline of an erasure that is not done (interval, from 1 hour)'
),
(
    'erasure_edge_keys', '10000', 'bigint', '0', '1000000',
    'an erasure keeps the salted hashes of at most so many keys of each table below the root (integer, from 0)'
);
comment on column pydb.cascade_job.keys is
'Keys of the root rows: array of objects; empty ones once an erasure is completed.';
comment on column pydb.cascade_job.purge is
'True: for good: what archives and the quarantine hold of its rows goes first.';
comment on column pydb.erasure.purge is 'True: for good: what archives and the quarantine held of it too.';
comment on column pydb.erasure.edges is
'Array: reference, child, columns, parent, parent_columns, keys (how many), hashes (of the keys of the rows of parent,
salted; null = too many to be kept, setting erasure_edge_keys): by them pydb.erasure_verify_edges looks below rows that
are gone.';
create type pydb_internal.erasure_task as (
    id uuid,
    entity text,
    job bigint,
    purge boolean,
    edge pydb_internal.reference_edge,
    relation text,
    reference text,
    salt bytea,
    hashes bytea[],
    keys bigint,
    reason text
);
comment on type pydb_internal.erasure_task is 'An edge to look along for what an erasure took.';
comment on column pydb_internal.erasure_task.id is 'The erasure.';
comment on column pydb_internal.erasure_task.entity is 'Its entity.';
comment on column pydb_internal.erasure_task.job is 'Its job.';
comment on column pydb_internal.erasure_task.purge is 'True: it was for good.';
comment on column pydb_internal.erasure_task.edge is 'The edge as it is now; null = it is gone.';
comment on column pydb_internal.erasure_task.relation is 'Its child.';
comment on column pydb_internal.erasure_task.reference is 'Its name; null = the root, by its own key.';
comment on column pydb_internal.erasure_task.salt is 'Salt of the hashes.';
comment on column pydb_internal.erasure_task.hashes is 'Hashes of the keys that its rows would name.';
comment on column pydb_internal.erasure_task.keys is 'How many keys there were; null = not known.';
comment on column pydb_internal.erasure_task.reason is 'Why it cannot be looked along; null = it can.';
create type pydb_internal.cascade_copy as (
    layer integer,
    reference text,
    parent oid,
    store oid,
    source oid,
    tids tid[]
);
comment on type pydb_internal.cascade_copy is
'Rows of an archive, or of the quarantine, that one edge reaches from one layer of such rows, or from live ones.';
comment on column pydb_internal.cascade_copy.layer is 'Round in which they were found; 0 = by keys and live rows.';
comment on column pydb_internal.cascade_copy.reference is 'The edge; null = they have a key of the root.';
comment on column pydb_internal.cascade_copy.parent is 'Its parent, of partitions the topmost table.';
comment on column pydb_internal.cascade_copy.store is 'Relation that holds them.';
comment on column pydb_internal.cascade_copy.source is 'Table that they are copies of.';
comment on column pydb_internal.cascade_copy.tids is
'Their places (ctid), good only under the snapshot they were read.';
comment on column pydb.cascade_step.action is
'delete; nullify (set null) and default (set default) are updates; purge: copies in an archive or the quarantine go too;
blocked: the rows stop the whole delete.';
comment on column pydb.cascade_step.codes is
'What each sentence of warning is about, in their order; empty = nothing. Blocking, and cured by the statement in cure:
privilege, row_security, rule, publication. Blocking: foreign_table, outside (rows that stay keep their parent), early
(PostgreSQL checks before the cascade is there), not_null, match_full, no_default, check, unique, partition (what is set
is refused). To know: order, trigger, untried, unindexed, not_enforced, not_valid, uncovered (partitions without the
key), inherited, heirs (their rows with these keys stay visible), locks, superuser, archived (what goes is kept),
unlinked (a restore does not set them back), purge (copies that go for good). Blocking: unarchivable (with an archive).';
comment on column pydb_internal.cascade_work.purge is 'True: copies of its rows go first.';
