-- pydb_internal.cascade_edge_counts (plan; by cascade_plan_steps): count what a walk found behind each edge, and judge
-- who would refuse.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_edge_counts(p_walk pydb_internal.cascade_closure)
returns table (edge integer, rows bigint, outside bigint, early bigint, tie bigint)
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
set enable_nestloop = off -- nobody tells the planner how many rows an array holds
set jit = off
as $$
declare
    v_others constant oid[] := array(
        select distinct s.relation from unnest(p_walk.parts) as s where s.effect <> 'delete'
    );
begin
    return query
    select s.edge, sum(cardinality(s.tids))::bigint, 0::bigint, 0::bigint, 0::bigint
    from unnest(p_walk.parts) as s
    where s.effect = 'delete'
    group by s.edge;
    if v_others = '{}' then
        return;
    end if;
    return query
    with gone as (
        select s.relation, u.tid, s.layer
        from unnest(p_walk.parts) as s
        cross join lateral unnest(s.tids) as u (tid)
        where s.effect = 'delete' and s.relation = any(v_others)
    ),

    other as (
        select s.edge, s.effect, s.relation, u.tid, min(s.layer) as layer
        from unnest(p_walk.parts) as s
        cross join lateral unnest(s.tids) as u (tid)
        where s.effect <> 'delete'
        group by s.edge, s.effect, s.relation, u.tid
    ),

    judged as (
        select
            o.edge, o.effect, o.layer, g.layer as gone_layer,
            row_number() over (
                partition by o.effect = 'check', o.relation, o.tid order by o.edge
            ) as place,
            f.tid is not null as is_freed
        from other as o
        left join gone as g on g.relation = o.relation and g.tid = o.tid
        -- a row that stays may lose its parent all the same: another edge sets a column that this one needs
        left join (
            select distinct c.edge, c.relation, c.tid
            from other as c
            inner join other as s on s.relation = c.relation and s.tid = c.tid and s.effect in ('nullify', 'default')
            where c.effect = 'check'
                and ((p_walk.edges[s.edge]).edge).set_columns && ((p_walk.edges[c.edge]).edge).child_columns
        ) as f on f.edge = o.edge and f.relation = o.relation and f.tid = o.tid and g.tid is null
    )

    select
        j.edge,
        -- a row that two keys set is one row
        count(*) filter (where j.effect <> 'check' and j.gone_layer is null and j.place = 1),
        count(*) filter (where j.gone_layer is null and not j.is_freed),
        count(*) filter (where j.gone_layer > j.layer + 1),
        count(*) filter (where j.gone_layer = j.layer + 1 or j.is_freed)
    from judged as j
    group by j.edge;
end
$$;

comment on function pydb_internal.cascade_edge_counts(pydb_internal.cascade_closure) is
'For each edge that rows are behind: rows that are deleted or set through it (each row once); and among those that may
refuse: outside (they stay as they are), early (deleted by a later layer than the one that asks) and tie (by the same
layer, or another edge sets their columns).';

revoke all on function pydb_internal.cascade_edge_counts(pydb_internal.cascade_closure) from public;
