-- pydb_internal.cascade_merge_rows (closure): the rows of a table and its partitions that a walk deletes already, one
-- part a relation.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_merge_rows(
    p_parts pydb_internal.cascade_rows[],
    p_child oid default null,
    p_layer integer default null
)
returns pydb_internal.cascade_rows[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.cascade_traverse
as $$
begin
    return (
        select array_agg(
            row(0, 0, 'delete', r.relation, pydb_internal.cascade_tids(r.parts))::pydb_internal.cascade_rows
            order by r.last_layer desc, r.relation
        )
        from (
            select s.relation, max(s.layer) as last_layer, array_agg(s) as parts
            from unnest(p_parts) as s
            where s.effect = 'delete' and (p_layer is null or s.layer = p_layer) and (
                p_child is null or s.relation = p_child
                or s.relation in (select t.relid from pg_catalog.pg_partition_tree(p_child) as t)
            )
            group by s.relation
        ) as r
    );
end
$$;

comment on function pydb_internal.cascade_merge_rows(pydb_internal.cascade_rows[], oid, integer) is
'Rows to delete, merged into one part a relation, deepest relation first; of one table and its partitions, or (null) of
all; of one layer, or (null) of all; null if there are none.';

revoke all on function pydb_internal.cascade_merge_rows(pydb_internal.cascade_rows[], oid, integer) from public;
