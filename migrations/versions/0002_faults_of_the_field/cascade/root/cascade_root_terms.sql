-- pydb_internal.cascade_root_terms (root): what the entities of a table ask for before its rows are deleted.
-- reads pydb.entity, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_root_terms(
    p_root regclass, out entity text, out approval boolean, out grace interval
)
language sql
stable
security definer -- the terms hold for everybody, also for who may not read the entities
set search_path = pg_catalog, pg_temp
as $$
    -- rows of a partition are rows of the table above it, by whatever name they are deleted
    select
        string_agg(e.name, ', ' order by e.name) filter (where e.approval or e.grace > interval '0'),
        coalesce(bool_or(e.approval), false), coalesce(max(e.grace), interval '0')
    from pydb.entity as e
    where coalesce(pg_partition_root(e.root), e.root) = coalesce(pg_partition_root(p_root), p_root);
$$;

comment on function pydb_internal.cascade_root_terms(regclass) is
'The strictest terms of all entities whose root is this table, a partition of it or the table above it: approval, the
longest grace, and the names of the entities that want either (null = none does).';

revoke all on function pydb_internal.cascade_root_terms(regclass) from public;
