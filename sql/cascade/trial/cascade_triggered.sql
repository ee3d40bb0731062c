-- pydb_internal.cascade_triggered (trial): the relations of a walk where deleting rows runs triggers, deepest first.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_triggered(p_walk pydb_internal.cascade_closure)
returns oid[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with gone as (
        select s.relation, max(s.layer) as layer
        from unnest(p_walk.parts) as s
        where s.effect = 'delete'
        group by s.relation
    ),

    line as (
        select g.relation, g.layer, g.relation as above from gone as g
        union
        -- one of a statement may stand on the table above, whose partitions are deleted from in one go
        select g.relation, g.layer, a.relid::oid
        from gone as g cross join lateral pg_partition_ancestors(g.relation) as a
    )

    select coalesce(array_agg(l.relation order by l.layer desc, l.relation), '{}')
    from (
        select distinct l.relation, l.layer
        from line as l
        inner join pg_catalog.pg_trigger as g on g.tgrelid = l.above
        where not g.tgisinternal and g.tgenabled in ('O', 'A') and g.tgtype & 8 > 0
    ) as l;
$$;

comment on function pydb_internal.cascade_triggered(pydb_internal.cascade_closure) is
'Relations that a walk deletes from and that have a trigger of somebody for DELETE, or a partitioned table above them
has.';

revoke all on function pydb_internal.cascade_triggered(pydb_internal.cascade_closure) from public;
