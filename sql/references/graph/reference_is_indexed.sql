-- pydb_internal.reference_is_indexed (graph): whether an index serves the columns of a reference, in every partition.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_is_indexed(p_child oid, p_child_attnums smallint[])
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.cascade_traverse
as $$
begin
    return not exists (
        select 1
        from (
            select c.oid as relation from pg_class as c where c.oid = p_child and c.relkind <> 'p'
            union all
            select t.relid from pg_class as c cross join lateral pg_partition_tree(c.oid) as t
            where c.oid = p_child and c.relkind = 'p' and t.isleaf
        ) as l
        cross join lateral (
            -- partitions number their columns as they like
            select array_agg(a.attnum) as attnums
            from pg_attribute as n
            inner join pg_attribute as a on a.attrelid = l.relation and a.attname = n.attname
            where n.attrelid = p_child and n.attnum = any(p_child_attnums)
        ) as k
        where not exists (
            select 1
            from pg_index as i
            inner join pg_class as x on x.oid = i.indexrelid
            inner join pg_am as m on m.oid = x.relam and (
                m.amname in ('btree', 'hash')
                -- a key with PERIOD asks what overlaps
                or m.amname = 'gist' and exists (
                    select 1 from pg_attribute as r
                    inner join pg_type as y on y.oid = r.atttypid and y.typtype in ('r', 'm')
                    where r.attrelid = l.relation and r.attnum = any(k.attnums)
                )
            )
            where i.indrelid = l.relation and i.indisvalid and i.indpred is null
                and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(k.attnums)] @> k.attnums
        )
    );
end
$$;

comment on function pydb_internal.reference_is_indexed(oid, smallint[]) is
'True if a valid btree or hash index (or a GiST one where there is a range among them), not partial, begins with the
columns, on the table or on each of its partitions.';

revoke all on function pydb_internal.reference_is_indexed(oid, smallint[]) from public;
