-- pydb_internal.archive_order (restore): in which order the tables of a run go back: parents before what references
-- them, rings together.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_order(p_sources oid[])
returns table (source oid, place integer)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with recursive edge as (
        select distinct pydb_internal.archive_top(e.child) as child, pydb_internal.archive_top(e.parent) as parent
        from pydb_internal.reference_edges_among(array(
            select u.relation from unnest(p_sources) as u (relation)
            union
            select t.relid from unnest(p_sources) as u (relation) cross join lateral pg_partition_tree(u.relation) as t
        )) as e
    ),

    above as (
        select e.child, e.parent from edge as e
        where e.child = any(p_sources) and e.parent = any(p_sources)
        union
        select a.child, e.parent
        from above as a
        inner join edge as e on e.child = a.parent and e.parent = any(p_sources)
    ),

    member as (
        -- a ring is called after its first member
        select u.source, coalesce(min(a.parent), u.source) as ring
        from unnest(p_sources) as u (source)
        left join above as a on a.child = u.source and exists (
            select from above as b where b.child = a.parent and b.parent = u.source
        )
        group by u.source
    )

    select
        m.source, (dense_rank() over (
            order by (
                select count(distinct a.parent) from above as a
                where a.child = m.source and a.parent not in (select r.source from member as r where r.ring = m.ring)
            ), m.ring
        ))::integer
    from member as m;
$$;

comment on function pydb_internal.archive_order(oid[]) is
'A place for each of some tables: lower for those that others reference, the same for tables that reference each
other.';

revoke all on function pydb_internal.archive_order(oid[]) from public;
