-- pydb._retention_references: the foreign keys that point at a relation, split by whether they come from its own table.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._retention_references(p_relation oid)
returns table (
    constraint_id oid,
    constraint_name name,
    child oid,
    child_columns name[],
    parent_columns name[],
    on_delete "char",
    set_columns name[],
    indexed boolean,
    itself boolean,
    not_null boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    select
        r.constraint_id, r.constraint_name, r.child, r.child_columns, r.parent_columns, r.on_delete, r.set_columns,
        r.indexed,
        r.child = p_relation or exists (
            select 1 from pg_catalog.pg_partition_ancestors(p_relation) as up where up.relid = r.child
        ),
        exists (
            select 1 from pg_catalog.pg_attribute as a
            where a.attrelid = r.child and a.attname = any(r.set_columns) and a.attnotnull
        )
    from pydb._inbound_references(p_relation) as r;
end
$$;

comment on function pydb._retention_references(oid) is
'pydb._inbound_references with two facts more: whether the key comes from the same table (a self-reference), and
whether a column that SET NULL would blank is NOT NULL.';

revoke all on function pydb._retention_references(oid) from public;
