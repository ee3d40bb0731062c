-- pydb._cascade_seen: the rows of a table and its partitions that a walk deletes already, one part a relation.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._cascade_seen(p_parts pydb.cascade_part[], p_child oid default null)
returns pydb.cascade_part[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select array_agg(
        row(0, 0, 'delete', r.relation, pydb._cascade_tids(p_parts, r.relation, 'delete'))::pydb.cascade_part
        order by r.last_layer desc, r.relation
    )
    from (
        select s.relation, max(s.layer) as last_layer
        from unnest(p_parts) as s
        where s.effect = 'delete' and (
            p_child is null or s.relation = p_child
            or s.relation in (select t.relid from pg_catalog.pg_partition_tree(p_child) as t)
        )
        group by s.relation
    ) as r;
$$;

comment on function pydb._cascade_seen(pydb.cascade_part[], oid) is
'Rows to delete, merged into one part a relation, deepest relation first; of one table and its partitions, or (null) of
all; null if there are none.';

revoke all on function pydb._cascade_seen(pydb.cascade_part[], oid) from public;
