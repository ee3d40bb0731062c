-- pydb_internal.retention_references (condition): the references that point at a relation, declared and logical, split
-- by whether they come from its own table.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises YD103 YD114
create or replace function pydb_internal.retention_references(p_relation oid)
returns table (
    reference text,
    label text,
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
    collations text[],
    is_silent boolean,
    child_condition text,
    parent_condition text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line oid[] := array[p_relation];
    v_class pg_catalog.pg_class;
begin
    select c.* into v_class from pg_catalog.pg_class as c where c.oid = p_relation;
    if v_class.relispartition then
        v_line := v_line || array(select a.relid::oid from pg_catalog.pg_partition_ancestors(p_relation) as a);
    end if;
    if pydb_internal.reference_has_silent(v_line) then
        return query
        select
            e.reference, e.reference, e.child, e.child_columns, e.parent_columns, e.on_delete, e.set_columns,
            e.is_indexed, e.child = any(v_line),
            exists (
                select 1 from pg_catalog.pg_attribute as a
                where a.attrelid = e.child and a.attname = any(e.set_columns) and a.attnotnull
            ),
            pydb_internal.reference_source(pydb_internal.relation_source(e.child), array(
                select a.attname from pg_catalog.pg_attribute as a
                where a.attrelid = e.child and a.attnum > 0 and not a.attisdropped and e.filter is not null
            ), f.child_condition), e.operators, e.collations, true, f.child_condition,
            pydb_internal.reference_edge_condition(e, true)
        from pydb_internal.reference_edges_among(v_line) as e
        cross join lateral (select pydb_internal.reference_edge_condition(e, false) as child_condition) as f
        where e.kind = 'logical' or not exists (
            select 1 from pg_catalog.pg_trigger as g where g.tgconstraint = e.constraint_id
        );
    end if;
    -- a key that is enforced has triggers on the table it references; most tables have none, and this is asked often
    if v_class.relhastriggers is not true or not exists (
        select 1 from pg_catalog.pg_trigger as g where g.tgrelid = p_relation and g.tgconstraint <> 0
    ) then
        return;
    end if;
    return query
    select
        r.constraint_id::text, quote_ident(r.constraint_name), r.child, r.child_columns, r.parent_columns, r.on_delete,
        r.set_columns,
        pydb_internal.reference_is_indexed(r.child, k.conkey),
        r.child = p_relation or exists (
            select 1 from pg_catalog.pg_partition_ancestors(p_relation) as up where up.relid = r.child
        ),
        exists (
            select 1 from pg_catalog.pg_attribute as a
            where a.attrelid = r.child and a.attname = any(r.set_columns) and a.attnotnull
        )
        -- or of a MATCH FULL key another column would stay
        or (k.confmatchtype = 'f' and cardinality(r.set_columns) < cardinality(r.child_columns)),
        -- a foreign key does not reach the tables that inherit from its own
        case when c.relkind = 'p' then '' else 'only ' end || pydb_internal.relation_name(r.child),
        e.operators,
        e.collations,
        false,
        null::text,
        null::text
    from pydb_internal.reference_inbound(p_relation) as r
    inner join pg_catalog.pg_class as c on c.oid = r.child
    inner join pg_catalog.pg_constraint as k on k.oid = r.constraint_id
    -- the key's own equality, which need not be the one that the search_path would find
    cross join lateral pydb_internal.reference_equality(r.child, k.conkey, p_relation, k.confkey, k.conpfeqop) as e;
end
$$;

comment on function pydb_internal.retention_references(oid) is
'References to a relation. Foreign keys as reference_inbound has them, and those that PostgreSQL does not act on
(is_silent): logical ones and NOT ENFORCED ones. reference tells them apart, label is for people. More facts: whether an
index of the child serves the key, whether the key comes from the
same table (a self-reference), whether SET NULL cannot be (NOT NULL, MATCH FULL), source (the child as SQL text for
FROM: ONLY, unless partitioned; of a reference with a condition the rows that meet it), the conditions of a logical one
on either side, and how the key compares: operators (parent on the left) and collations (of the parent,
where the child has another).';

revoke all on function pydb_internal.retention_references(oid) from public;
