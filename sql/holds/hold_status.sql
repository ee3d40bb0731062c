-- pydb.hold_status: the holds, those that are over among them, with what each is about and whether it can be followed.
-- reads pydb.hold, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.hold_status as
select
    h.id, h.name,
    case
        when h.released_at is not null then 'released' when h.until <= pg_catalog.clock_timestamp() then 'ended'
        when p.problem is not null then 'broken' else 'active'
    end as state,
    h.kind, coalesce(pydb_internal.relation_name(h.relation), h.relation_name) as relation,
    h.key_columns as columns, h.keys, h.filter, h.reason, h.placed_by, h.placed_at, h.until, h.released_by,
    h.released_at, h.released_reason, p.problem, h.overrides,
    case when p.problem is not null then pydb_internal.hold_mending(h) end as hint
from pydb.hold as h
cross join lateral pg_catalog.unnest(array[ -- worked out once
    case
        when h.released_at is null then pydb_internal.hold_problem(h)
    end
]) as p (problem);

comment on view pydb.hold_status is
'Holds and overrides. state: active, ended (its end has passed: it keeps nothing, and its name until it is released),
released, or broken: a column, or what its filter names, is gone or another, so nothing that it may be about is deleted
until it is released; or a hold of a tenant whose column no table has keeps nothing.';
comment on column pydb.hold_status.id is 'Id.';
comment on column pydb.hold_status.name is 'Name.';
comment on column pydb.hold_status.state is 'active, ended, released or broken.';
comment on column pydb.hold_status.kind is 'table, key, filter or tenant.';
comment on column pydb.hold_status.relation is 'Its table; null = every table with the column.';
comment on column pydb.hold_status.columns is 'Columns of its keys.';
comment on column pydb.hold_status.keys is 'How many keys.';
comment on column pydb.hold_status.filter is 'Its filter.';
comment on column pydb.hold_status.reason is 'Why it was placed.';
comment on column pydb.hold_status.placed_by is 'Login role that placed it.';
comment on column pydb.hold_status.placed_at is 'When.';
comment on column pydb.hold_status.until is 'When it ends by itself.';
comment on column pydb.hold_status.released_by is 'Login role that released it.';
comment on column pydb.hold_status.released_at is 'When.';
comment on column pydb.hold_status.released_reason is 'Why it was released.';
comment on column pydb.hold_status.problem is 'Why it cannot be followed any more; null of one that is released.';
comment on column pydb.hold_status.overrides is 'Of an override: the hold that it exempts rows from.';
comment on column pydb.hold_status.hint is 'What to type where it is broken.';

revoke all on pydb.hold_status from public;
