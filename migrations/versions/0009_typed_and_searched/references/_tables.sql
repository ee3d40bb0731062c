-- pydb references tables: logical references, entities, and the edges of the graph that cascades and scans follow.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

create table pydb.reference (
    name text not null,
    child regclass not null,
    child_name text not null,
    child_columns name[] not null,
    parent regclass not null,
    parent_name text not null,
    parent_columns name[] not null,
    on_delete text not null default 'no action',
    author text not null default session_user,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now(),
    filter text,
    parent_filter text,
    author_role regrole,
    columns_seen pydb.seen_column[],
    constraint reference_pkey primary key (name),
    constraint reference_name_check check (name <> '' and octet_length(name) <= 255),
    constraint reference_columns_check check (
        cardinality(child_columns) > 0 and cardinality(child_columns) = cardinality(parent_columns)
    ),
    constraint reference_on_delete_check check (
        on_delete in ('no action', 'restrict', 'cascade', 'set null', 'set default')
    )
);

create unique index reference_columns_key on pydb.reference (child, child_columns, parent, parent_columns);
create index reference_parent_idx on pydb.reference (parent);

comment on table pydb.reference is
'Logical foreign keys: references that no constraint declares. Cascades follow them and orphan scans check them like
declared ones. Written by pydb.reference_set.';
comment on column pydb.reference.name is 'Name: schema.table.name of the child, like that of a constraint.';
comment on column pydb.reference.child is 'Referencing table; follows a rename.';
comment on column pydb.reference.child_name is 'Its qualified name when the reference was last set.';
comment on column pydb.reference.child_columns is 'Referencing columns, in the order of parent_columns.';
comment on column pydb.reference.parent is 'Referenced table; follows a rename.';
comment on column pydb.reference.parent_name is 'Its qualified name when the reference was last set.';
comment on column pydb.reference.parent_columns is 'Referenced columns.';
comment on column pydb.reference.on_delete is
'What becomes of the child''s rows when pydb deletes their parent: cascade (they go too), set null, set default, '
'no action or restrict (they keep the parent).';
comment on column pydb.reference.author is 'Login role that set it.';
comment on column pydb.reference.created_at is 'When it was first set.';
comment on column pydb.reference.updated_at is 'When it was last changed.';
comment on column pydb.reference.filter is
'Only rows of the child for which this is true reference anything (commentable_type = ''Post''); null = all.';
comment on column pydb.reference.parent_filter is
'Only rows of the parent for which this is true can be referenced (deleted_at is null); null = all.';
comment on column pydb.reference.author_role is
'The role that set it, whatever it is called now; its conditions run only as a role that this one could become.';
comment on column pydb.reference.columns_seen is
'The columns that it names, of child and parent, as they were when it was set. Tells a column from another that has its
name by now; null = not known.';

create table pydb.entity (
    name text not null,
    root regclass not null,
    root_name text not null,
    edges jsonb not null default '{}'::jsonb,
    approval boolean not null default false,
    grace interval not null default '0',
    author text not null default session_user,
    created_at timestamptz not null default pg_catalog.now(),
    updated_at timestamptz not null default pg_catalog.now(),
    archive boolean not null default false,
    search_path name[],
    constraint entity_pkey primary key (name),
    constraint entity_name_check check (name ~ '^[a-z][a-z0-9_-]{0,62}$'),
    constraint entity_edges_check check (jsonb_typeof(edges) = 'object'),
    constraint entity_grace_check check (grace >= interval '0')
);

comment on table pydb.entity is
'Named roots of cascades (dataset, customer) with the action chosen for each edge. Written by pydb.entity_set.';
comment on column pydb.entity.name is 'Name as typed in pydb cascade plan NAME KEY.';
comment on column pydb.entity.root is 'Table whose rows are the entities; follows a rename.';
comment on column pydb.entity.root_name is 'Its qualified name when the entity was last set.';
comment on column pydb.entity.edges is
'Object: name of a reference → delete, nullify, default or block; * is the choice for every edge that would block.';
comment on column pydb.entity.approval is 'True: a durable job of this entity waits for a second person.';
comment on column pydb.entity.grace is 'A durable job of this entity starts this much after its request, or later.';
comment on column pydb.entity.author is 'Login role that set it.';
comment on column pydb.entity.created_at is 'When it was first set.';
comment on column pydb.entity.updated_at is 'When it was last changed.';
comment on column pydb.entity.archive is
'True: what its cascades delete is kept in archives, unless they say otherwise.';
comment on column pydb.entity.search_path is
'Schemas in which triggers and other code of the application look for names in its cascades, unless they say otherwise;
null = as the running role does.';

create type pydb_internal.reference_edge as (
    reference text,
    kind text,
    constraint_id oid,
    child oid,
    child_columns name[],
    parent oid,
    parent_columns name[],
    on_delete "char",
    set_columns name[],
    is_deferred boolean,
    is_valid boolean,
    is_enforced boolean,
    is_match_full boolean,
    operators text[],
    collations text[],
    is_indexed boolean,
    filter text,
    parent_filter text
);

comment on type pydb_internal.reference_edge is
'A reference, declared or logical, with all that is needed to follow it.';
comment on column pydb_internal.reference_edge.reference is
'Name: schema.table.constraint of the child, or the name of a logical reference.';
comment on column pydb_internal.reference_edge.kind is 'declared (a foreign key) or logical (pydb.reference).';
comment on column pydb_internal.reference_edge.constraint_id is 'pg_constraint.oid; null for a logical reference.';
comment on column pydb_internal.reference_edge.child is 'Referencing relation, the one that the key was declared on.';
comment on column pydb_internal.reference_edge.child_columns is 'Referencing columns in the order of the constraint.';
comment on column pydb_internal.reference_edge.parent is 'Referenced relation.';
comment on column pydb_internal.reference_edge.parent_columns is 'Referenced columns, in the order of child_columns.';
comment on column pydb_internal.reference_edge.on_delete is
'a no action, r restrict, c cascade, n set null, d set default, as in pg_constraint.confdeltype.';
comment on column pydb_internal.reference_edge.set_columns is 'Columns that set null or set default would set.';
comment on column pydb_internal.reference_edge.is_deferred is
'True: checked at commit (initially deferred, no action).';
comment on column pydb_internal.reference_edge.is_valid is 'False: NOT VALID, existing rows were never checked.';
comment on column pydb_internal.reference_edge.is_enforced is
'True: PostgreSQL acts on it; false for logical references, disabled triggers and NOT ENFORCED.';
comment on column pydb_internal.reference_edge.is_match_full is 'True: MATCH FULL.';
comment on column pydb_internal.reference_edge.operators is
'Equality of each column pair, parent on the left, with its schema.';
comment on column pydb_internal.reference_edge.collations is 'COLLATE clause of each pair, or the empty text.';
comment on column pydb_internal.reference_edge.is_indexed is 'True: an index of the child serves the reference.';
comment on column pydb_internal.reference_edge.filter is
'Condition on the child of a logical reference, its columns without alias; null = none.';
comment on column pydb_internal.reference_edge.parent_filter is 'The same on the parent.';

revoke all on pydb.reference, pydb.entity from public;

create table pydb_internal.reference_gate (
    is_only boolean not null default true,
    changes bigint not null default 0,
    constraint reference_gate_pkey primary key (is_only),
    constraint reference_gate_is_only_check check (is_only)
);
insert into pydb_internal.reference_gate default values;

comment on table pydb_internal.reference_gate is
'One row, written with each change of a logical reference: a delete whose snapshot is older gets a serialization
failure, where it would not see the reference.';
comment on column pydb_internal.reference_gate.is_only is 'True: there is one row.';
comment on column pydb_internal.reference_gate.changes is 'Changes of logical references.';

revoke all on pydb_internal.reference_gate from public;
