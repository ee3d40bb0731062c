-- pydb_internal.hold_edges_between (condition): the references that lead from a table to what holds
-- name.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_edges_between(
    p_place oid,
    p_seeds pydb_internal.hold_seed[],
    out above oid[],
    out parents oid[],
    out up text[],
    out down text[],
    out is_deep boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as in pydb_internal.hold_graph_of
set work_mem = '256kB' -- the hashes of a recursive query are as large as it may be, however few rows come
as $$
begin
    with recursive edge as materialized (
        select
            coalesce(pg_partition_root(r.child), r.child)::oid as child,
            coalesce(pg_partition_root(r.parent), r.parent)::oid as parent, r.parent::oid as relation
        from (
            select k.conrelid::regclass as child, k.confrelid::regclass as parent
            from pg_constraint as k
            where k.contype = 'f' and k.conparentid = 0
            union all
            select l.child, l.parent from pydb_internal.reference_logical(null, null) as l
        ) as r
    ),

    held as (
        select s.place from unnest(p_seeds) as s
        union
        select e.child from held as h inner join edge as e on e.parent = h.place
    ),

    below as (
        select p_place as place
        union
        select e.child from below as b inner join edge as e on e.parent = b.place
    ),

    -- from where both ways lead
    above as (
        select b.place from below as b where b.place in (select h.place from held as h)
        union
        select e.parent from above as a inner join edge as e on e.child = a.place
        where e.parent in (select h.place from held as h)
    ),

    needed as (
        select b.place from below as b where b.place in (select h.place from held as h)
        union
        select e.parent from needed as n inner join edge as e on e.child = n.place
        where e.parent in (select b.place from below as b)
    ),

    used as (
        select e.*, true as is_up from edge as e
        where e.child in (select a.place from above as a) and e.parent in (select a.place from above as a)
        union all
        select e.*, false from edge as e
        where e.child in (select n.place from needed as n) and e.parent in (select n.place from needed as n)
    ),

    step as (
        select u.is_up, u.parent as origin, u.child as place from used as u
        union
        select u.is_up, s.origin, u.child
        from step as s
        inner join used as u on u.parent = s.place and u.is_up = s.is_up
    )

    select
        array(select a.place from above as a) as above,
        array(select u.relation from used as u) as parents,
        array(select format('%s %s', u.child, u.parent) from used as u where u.is_up) as up,
        array(select format('%s %s', u.child, u.parent) from used as u where not u.is_up) as down,
        exists (select from step as s where s.origin = s.place) or (select count(*) > 24 from used) as is_deep
    into above, parents, up, down, is_deep;
end
$$;

comment on function pydb_internal.hold_edges_between(oid, pydb_internal.hold_seed[]) is
'Tables that are held by a seed, or hang on one that is (above), the parents of the references that matter, the pairs
"child parent" by which rows hang on others (up) and by which held rows need others (down); is_deep as of hold_graph.';

revoke all on function pydb_internal.hold_edges_between(oid, pydb_internal.hold_seed[]) from public;
