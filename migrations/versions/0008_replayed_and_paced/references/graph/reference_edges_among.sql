-- pydb_internal.reference_edges_among (graph): references as edges, declared and logical: those that point at one of
-- some relations, or all.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_edges_among(p_parents oid[], p_references text[] default null)
returns setof pydb_internal.reference_edge
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.cascade_traverse
as $$
declare
    v_keys constant name[] := (
        select array_agg(distinct (pydb_internal.reference_parse(u.name))[3]::name)
        from unnest(p_references) as u (name)
    );
begin
    return query
    with recursive edge as (
        -- copies of a key on partitions, of either side, hang below the key that somebody declared
        select
            format('%I.%I.%I', n.nspname, c.relname, k.conname) as reference, 'declared'::text as kind,
            k.oid as constraint_id, k.conrelid as child, k.confrelid as parent, k.confdeltype as on_delete,
            k.conkey as child_attnums, k.confkey as parent_attnums, k.conpfeqop as equalities,
            coalesce(k.confdelsetcols, k.conkey) as set_attnums,
            k.condeferred and k.confdeltype = 'a' as is_deferred, k.convalidated as is_valid,
            k.confmatchtype = 'f' as is_match_full, cardinality(k.conkey) as width,
            null::text as filter, null::text as parent_filter
        from (
            select a.* from pg_constraint as a where p_references is null
            union all
            select b.* from pg_constraint as b where b.conname = any(v_keys) -- by an index; no name, no row
        ) as k
        inner join pg_class as c on c.oid = k.conrelid
        inner join pg_namespace as n on n.oid = c.relnamespace
        where k.contype = 'f' and k.conparentid = 0 and (p_parents is null or k.confrelid = any(p_parents))
        union all
        select
            r.name, 'logical', null, r.child, r.parent,
            case r.on_delete
                when 'cascade' then 'c' when 'set null' then 'n' when 'set default' then 'd' when 'restrict' then 'r'
                else 'a'
            end::"char",
            array(
                select a.attnum from unnest(r.child_columns) with ordinality as u (name, ord)
                inner join pg_attribute as a on a.attrelid = r.child and a.attname = u.name and not a.attisdropped
                order by u.ord
            ),
            array(
                select a.attnum from unnest(r.parent_columns) with ordinality as u (name, ord)
                inner join pg_attribute as a on a.attrelid = r.parent and a.attname = u.name and not a.attisdropped
                order by u.ord
            ),
            null, null, false, false, false, cardinality(r.child_columns), r.filter, r.parent_filter
        from pydb_internal.reference_logical(p_parents, null) as r
        where (p_references is null or r.name = any(p_references)) and pydb_internal.reference_moved_problem(r) is null
    )
    select
        e.reference, e.kind, e.constraint_id, e.child,
        array(
            select a.attname from unnest(e.child_attnums) with ordinality as u (attnum, ord)
            inner join pg_attribute as a on a.attrelid = e.child and a.attnum = u.attnum order by u.ord
        ), e.parent, array(
            select a.attname from unnest(e.parent_attnums) with ordinality as u (attnum, ord)
            inner join pg_attribute as a on a.attrelid = e.parent and a.attnum = u.attnum order by u.ord
        ),
        e.on_delete, array(
            select a.attname from unnest(coalesce(e.set_attnums, e.child_attnums)) with ordinality as u (attnum, ord)
            inner join pg_attribute as a on a.attrelid = e.child and a.attnum = u.attnum order by u.ord
        ), e.is_deferred, e.is_valid,
        -- what acts on a delete is a trigger of the parent
        exists (
            select 1 from pg_trigger as g
            where g.tgconstraint = e.constraint_id and g.tgrelid = e.parent and g.tgtype & 8 = 8
                and g.tgenabled in ('O', 'A')
        ),
        e.is_match_full, c.operators, c.collations, pydb_internal.reference_is_indexed(e.child, e.child_attnums) or (
            -- an index that begins with what the condition compares serves as well
            e.filter is not null and exists (
                select 1 from pg_attribute as a
                where a.attrelid = e.child and a.attnum > 0 and not a.attisdropped
                    and strpos(e.filter, quote_ident(a.attname)) > 0 and a.attnum <> all(e.child_attnums)
                    and pydb_internal.reference_is_indexed(e.child, e.child_attnums || a.attnum)
            )
        ), e.filter, e.parent_filter
    from edge as e
    cross join lateral pydb_internal.reference_equality(
        e.child, e.child_attnums, e.parent, e.parent_attnums, e.equalities
    ) as c
    -- a logical reference whose table or column is gone, or is another, has nothing to follow; orphan scans say so
    where (p_references is null or e.reference = any(p_references))
        and cardinality(e.child_attnums) = e.width and cardinality(e.parent_attnums) = e.width
        and c.operators is not null
    order by e.reference;
end
$$;

comment on function pydb_internal.reference_edges_among(oid[], text[]) is
'References that point at one of the relations, and nothing above or below them, or all where p_parents is null: one
row a reference as somebody declared it, foreign keys and pydb.reference alike. p_references: those of these
names alone.';

revoke all on function pydb_internal.reference_edges_among(oid[], text[]) from public;
