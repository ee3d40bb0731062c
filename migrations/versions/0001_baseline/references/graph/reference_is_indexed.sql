-- pydb_internal.reference_is_indexed (graph): whether an index serves the columns of a reference, in every partition.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_is_indexed(p_child oid, p_child_attnums smallint[])
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if exists (select 1 from pg_class as c where c.oid = p_child and c.relkind = 'p') then
        return not exists (
            select 1
            from pg_partition_tree(p_child) as t
            -- partitions number their columns as they like
            where t.isleaf and not pydb_internal.reference_is_indexed(
                t.relid, pydb_internal.column_numbers(t.relid, pydb_internal.column_names(p_child, p_child_attnums))
            )
        );
    end if;
    return exists (
        select 1
        from pg_index as i
        inner join pg_class as x on x.oid = i.indexrelid
        inner join pg_am as m on m.oid = x.relam and m.amname in ('btree', 'hash')
        where i.indrelid = p_child and i.indisvalid and i.indpred is null
            and (string_to_array(i.indkey::text, ' ')::int2[])[1:cardinality(p_child_attnums)] @> p_child_attnums
    );
end
$$;

comment on function pydb_internal.reference_is_indexed(oid, smallint[]) is
'True if a valid btree or hash index, not partial, begins with the columns, on the table or on each of its partitions.';

revoke all on function pydb_internal.reference_is_indexed(oid, smallint[]) from public;
