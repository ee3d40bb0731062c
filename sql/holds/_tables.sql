-- pydb holds tables: what must not be deleted, by whose word, and the gate through which every
-- deleting batch goes.
-- Changing a table here needs an alter in a revision's upgrade.sql; this file shows the result.
-- reads and writes: see the routines   locks: none   raises: none

create table pydb.hold (
    id bigint generated always as identity,
    name text not null,
    kind text not null,
    relation regclass,
    relation_name text,
    tables regclass[],
    key_columns name[] not null default '{}',
    key_values text[] not null default '{}',
    keys bigint not null default 0,
    filter text,
    reason text not null,
    until timestamptz,
    placed_by text not null default session_user,
    placed_by_role oid,
    placed_at timestamptz not null default pg_catalog.clock_timestamp(),
    released_by text,
    released_at timestamptz,
    released_reason text,
    overrides text,
    tables_seen regclass[],
    columns_seen pydb.seen_column[],
    constraint hold_pkey primary key (id),
    constraint hold_name_check check (name <> '' and octet_length(name) <= 255),
    constraint hold_kind_check check (kind in ('table', 'key', 'filter', 'tenant')),
    constraint hold_reason_check check (reason <> ''),
    constraint hold_relation_check check (kind = 'tenant' or relation is not null),
    constraint hold_values_check check (cardinality(key_values) = cardinality(key_columns)),
    constraint hold_released_check check ((released_at is null) = (released_by is null))
);
create unique index hold_name_key on pydb.hold (name) where released_at is null;

comment on table pydb.hold is
'Holds: rows that no deleting path of pydb takes, with what hangs on them and what they need; kept after their release.
Written by pydb.hold_place, pydb.hold_release and pydb.hold_override. pydb.hold_status shows them.';
comment on column pydb.hold.id is 'Id.';
comment on column pydb.hold.name is 'Name; no two holds that were not released have the same.';
comment on column pydb.hold.kind is 'table (all rows), key, filter or tenant (a value of a column, of many tables).';
comment on column pydb.hold.relation is 'Table of the held rows; null = all tables with the column of the tenant.';
comment on column pydb.hold.relation_name is 'Its qualified name when the hold was placed.';
comment on column pydb.hold.tables is 'tenant: the tables that it is about; null = all that have the column.';
comment on column pydb.hold.key_columns is 'key, tenant: the columns that the values are of.';
comment on column pydb.hold.key_values is 'For each of them the values, as the text of an array.';
comment on column pydb.hold.keys is 'How many keys.';
comment on column pydb.hold.filter is 'filter: rows for which it is true, as the server understood it.';
comment on column pydb.hold.reason is 'Why, in the words of who placed it.';
comment on column pydb.hold.until is 'From then on it holds no more; null = until it is released.';
comment on column pydb.hold.placed_by is 'Login role that placed it.';
comment on column pydb.hold.placed_by_role is 'The same role, whatever it is called now.';
comment on column pydb.hold.placed_at is 'When that was.';
comment on column pydb.hold.released_by is 'Login role that released it.';
comment on column pydb.hold.released_at is 'When that was.';
comment on column pydb.hold.released_reason is 'Why it was released.';
comment on column pydb.hold.overrides is
'Not null: this is no hold but an override, until its end: what it names, with what hangs on it, is not held by the hold
of this name.';
comment on column pydb.hold.tables_seen is
'Tables that it named when it was placed; a tenant''s in all tables stays about them.';
comment on column pydb.hold.columns_seen is
'The columns that it names, of each of tables_seen, as they were when it was placed. Tells a column from another that
has its name by now; null = not known.';

revoke all on pydb.hold from public;

create table pydb_internal.hold_gate (
    is_only boolean not null default true,
    generation bigint not null default 0,
    holds bigint not null default 0,
    constraint hold_gate_pkey primary key (is_only),
    constraint hold_gate_is_only_check check (is_only)
);
insert into pydb_internal.hold_gate default values;

comment on table pydb_internal.hold_gate is
'One row. Whoever deletes locks the table (row exclusive) and then reads what is held; whoever places a hold locks it
against them (share row exclusive), so that it is placed when the last batch that did not know of it has ended.';
comment on column pydb_internal.hold_gate.is_only is 'True: there is one row.';
comment on column pydb_internal.hold_gate.generation is
'Counts changes of holds: what was laid out before one is judged again.';
comment on column pydb_internal.hold_gate.holds is 'Holds that were not released.';

revoke all on pydb_internal.hold_gate from public;

create type pydb_internal.hold_seed as (
    place oid,
    relation oid,
    columns name[],
    literals text[],
    types text[],
    operators text[],
    filter text,
    is_override boolean,
    problem text
);

comment on type pydb_internal.hold_seed is 'What holds say of the rows of one table.';
comment on column pydb_internal.hold_seed.place is 'Topmost table of its partition tree.';
comment on column pydb_internal.hold_seed.relation is 'The table, or partition, that is named.';
comment on column pydb_internal.hold_seed.columns is 'Columns of the key; none = all rows.';
comment on column pydb_internal.hold_seed.literals is 'For each column the values, as the text of an array.';
comment on column pydb_internal.hold_seed.types is 'Types of these arrays.';
comment on column pydb_internal.hold_seed.operators is 'How the columns compare.';
comment on column pydb_internal.hold_seed.filter is 'Rows for which it is true; null = the columns say it.';
comment on column pydb_internal.hold_seed.is_override is 'True: what it names is exempt.';
comment on column pydb_internal.hold_seed.problem is 'Not null: it cannot be told what it names.';

create type pydb_internal.hold_graph as (
    place oid,
    seeds pydb_internal.hold_seed[],
    up pydb_internal.reference_edge[],
    down pydb_internal.reference_edge[],
    is_deep boolean,
    stores jsonb,
    is_sought boolean
);

comment on type pydb_internal.hold_graph is 'What is to be known to say which rows of a table are held.';
comment on column pydb_internal.hold_graph.place is 'Topmost table of the rows.';
comment on column pydb_internal.hold_graph.seeds is 'What holds name.';
comment on column pydb_internal.hold_graph.up is 'References by which a row hangs on one that a hold names.';
comment on column pydb_internal.hold_graph.down is 'References by which held rows need a row.';
comment on column pydb_internal.hold_graph.is_deep is
'True: references come back to their table, or there are many: rows are followed one by one.';
comment on column pydb_internal.hold_graph.stores is
'Object: number of a table to the name of its archive, whose rows count beside its own; null = there is none.';
comment on column pydb_internal.hold_graph.is_sought is
'True: the condition is for who looks for the rows, by their keys; false: for who asks row by row.';

create type pydb_internal.hold_rule as (
    free text,
    held text,
    until timestamptz
);

comment on type pydb_internal.hold_rule is 'What holds say of the rows of a table, as SQL over one alias.';
comment on column pydb_internal.hold_rule.free is
'" and …" for the rows that nothing keeps, or the empty text: what the condition of a delete ends with.';
comment on column pydb_internal.hold_rule.held is
'Condition, which may be null, for the rows that something keeps; null = there is nothing.';
comment on column pydb_internal.hold_rule.until is
'When an override ends, and more is held: it is to be asked again then; null = that does not happen.';
