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
    not_null boolean,
    source text,
    operators text[],
    collations text[]
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
        ),
        -- a foreign key does not reach the tables that inherit from its own
        case when c.relkind = 'p' then '' else 'only ' end || pydb._relation_name(r.child),
        e.operators,
        e.collations
    from pydb._inbound_references(p_relation) as r
    inner join pg_catalog.pg_class as c on c.oid = r.child
    inner join pg_catalog.pg_constraint as k on k.oid = r.constraint_id
    cross join lateral (
        -- the key's own equality, which need not be the one that the search_path would find
        select
            array_agg(format('operator(%I.%s)', n.nspname, o.oprname) order by u.ord) as operators,
            array_agg(
                coalesce((
                    select format(' collate %I.%I', m.nspname, l.collname)
                    from pg_catalog.pg_collation as l
                    inner join pg_catalog.pg_namespace as m on m.oid = l.collnamespace
                    where l.oid = p.attcollation and p.attcollation <> a.attcollation
                ), '') order by u.ord
            ) as collations
        from unnest(k.conkey, k.confkey, k.conpfeqop) with ordinality as u (attnum, parent_attnum, operator_id, ord)
        inner join pg_catalog.pg_operator as o on o.oid = u.operator_id
        inner join pg_catalog.pg_namespace as n on n.oid = o.oprnamespace
        inner join pg_catalog.pg_attribute as a on a.attrelid = k.conrelid and a.attnum = u.attnum
        inner join pg_catalog.pg_attribute as p on p.attrelid = k.confrelid and p.attnum = u.parent_attnum
    ) as e;
end
$$;

comment on function pydb._retention_references(oid) is
'pydb._inbound_references with more facts: whether the key comes from the same table (a self-reference), whether a
column that SET NULL would blank is NOT NULL, source (the child as SQL text for FROM: ONLY, unless partitioned), and how
the key compares: operators (parent on the left) and collations (of the parent, where the child has another).';

revoke all on function pydb._retention_references(oid) from public;
