-- pydb.entity_drift: what changed about the tables of entities since they were set or approved.
-- reads pydb.entity, pydb.guard_subject, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.entity_drift(p_name text default null)
returns table (
    name text, kind text, object text, change text, was text, found text, holds boolean, digest text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        e.name, c.kind, c.object, c.change, c.was, c.found, c.holds,
        md5(coalesce(pydb_internal.guard_drift_text(s.shape, f.shape, false), ''))
    from pydb.entity as e
    inner join pydb.guard_subject as s on s.kind = 'entity' and s.name = e.name
    cross join lateral (select pydb_internal.reference_shape(e.root, e.edges) as shape offset 0) as f
    cross join lateral pydb_internal.guard_compare(s.shape, f.shape) as c
    where s.shape is not null and (p_name is null or e.name = p_name)
    order by e.name, c.holds desc, c.kind, c.object;
$$;

comment on function pydb.entity_drift(text) is
'One row a column, key, reference, trigger or rule that was added, dropped or changed. holds: with schema_drift = hold
the entity deletes nothing until pydb.entity_approve. digest: of all of it, for that.';

revoke all on function pydb.entity_drift(text) from public;
