-- pydb_internal.cascade_deletes (delete; by cascade_execute): the DELETE statements of a walk, as
-- elements of WITH: one a relation, or one for all partitions of a table.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_deletes(
    p_walk pydb_internal.cascade_closure,
    p_gone pydb_internal.cascade_rows[],
    p_places text[],
    p_archive bigint default null
)
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- nobody tells the planner how many rows an array holds
as $$
begin
    return array(
        with gone as (
            select g.ordinality as place, g.relation from unnest(p_gone) with ordinality as g
        ),

        reached as (
            select s.relation, min(s.edge) as edge, count(distinct s.edge) = 1 as is_single
            from unnest(p_walk.parts) as s
            where s.effect = 'delete'
            group by s.relation
        ),

        -- the one relation whose rows an edge starts from
        origin as (
            select l.above, min(l.place) as place
            from (
                select g.relation as above, g.place from gone as g
                union
                select a.relid, g.place from gone as g cross join lateral pg_partition_ancestors(g.relation) as a
            ) as l
            group by l.above
            having count(*) = 1
        ),

        -- all that an edge found goes through it: the key finds the rows again, faster than their places would
        keyed as (
            select
                m.ordinality as edge, o.place, format(
                    'exists (select 1 from only %s as p where p.ctid operator(pg_catalog.=) any(%s) and %s)',
                    pydb_internal.relation_name(g.relation), p_places[o.place],
                        pydb_internal.reference_match(m.edge, 't', 'p')
                ) as condition,
                case when cardinality(f.relations) > 10 and f.is_single and g.relation <> all(f.relations)
                    and pydb_internal.cascade_is_divisible((m.edge).child, 'delete', f.relations, null)
                    then pydb_internal.relation_source((m.edge).child) end as whole
            from unnest(p_walk.edges) with ordinality as m
            inner join (
                select
                    s.edge, sum(cardinality(s.tids)) as rows, bool_and(r.is_single) as is_single,
                    array_agg(distinct s.relation) as relations
                from unnest(p_walk.parts) as s
                inner join reached as r on r.relation = s.relation
                where s.effect = 'delete'
                group by s.edge
            ) as f on f.edge = m.ordinality and f.rows = m.matched
                -- a condition is somebody's text, which is read under our path alone
                and (m.edge).filter is null and (m.edge).parent_filter is null
            inner join origin as o on o.above = (m.edge).parent
            inner join gone as g on g.place = o.place
        ),

        done as (
            select
                g.place, g.relation, k.condition, k.whole,
                row_number() over (partition by k.edge order by g.place) as turn
            from gone as g
            inner join reached as r on r.relation = g.relation
            left join keyed as k on k.edge = r.edge and r.is_single and k.place <> g.place
        )

        select pydb_internal.cascade_clause('d' || d.place, d.relation, p_archive, format(
            'delete from %s as t where %s', coalesce(d.whole, 'only ' || pydb_internal.relation_name(d.relation)),
            -- the place stands twice: a row that somebody moved while we waited for it is found by the first and judged
            -- by the second
            coalesce(d.condition, format(
                't.ctid operator(pg_catalog.=) any(%s) and coalesce(t.ctid operator(pg_catalog.=) any(%1$s), false)',
                p_places[d.place]
            ))
        ))
        from done as d
        where d.whole is null or d.turn = 1
        order by d.place
    );
end
$$;

comment on function pydb_internal.cascade_deletes(
    pydb_internal.cascade_closure, pydb_internal.cascade_rows[], text[], bigint) is
'The DELETE of each part of p_gone (cascade_merge_rows), by the key that leads to its rows where there is one, else by
their places,
    whose expressions are p_places (pydb_internal.cascade_places). Where one key leads to many partitions of a table,
and that makes no difference, one DELETE of the table. p_archive: run whose archives take what is deleted.';

revoke all
    on function pydb_internal.cascade_deletes(
        pydb_internal.cascade_closure, pydb_internal.cascade_rows[], text[], bigint
    ) from public;
