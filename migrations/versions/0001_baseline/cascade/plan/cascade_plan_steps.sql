-- pydb_internal.cascade_plan_steps (plan): a walk as the steps of a plan.
-- reads the catalog, the parents of SET DEFAULT   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_plan_steps(
    p_walk pydb_internal.cascade_closure,
    p_root regclass,
    p_strict boolean
)
returns setof pydb.cascade_step
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return query
    with verdict as (
        select coalesce(v.edge, 0) as edge, v.rows, v.outside, v.early, v.tie
        from pydb_internal.cascade_edge_counts(p_walk) as v
    ),

    -- how deep rows of a relation lie: children are done before their parents
    place as (
        select s.relation, min(s.layer) as first_layer, max(s.layer) as last_layer
        from unnest(p_walk.parts) as s
        where s.effect = 'delete'
        group by s.relation
    ),

    edge as (
        select
            e.ordinality::integer as edge, e.reference, e.child, e.parent, e.on_delete::text as on_delete, e.kind,
            coalesce(p.first_layer, (
                select min(o.first_layer) + 1
                from place as o
                where o.relation = e.parent
                    or e.parent in (select a.relid from pg_partition_ancestors(o.relation) as a)
            )) as depth,
            coalesce(p.last_layer, -1) as last_layer
        from unnest(p_walk.edges) with ordinality as e
        left join lateral (
            select min(s.layer) as first_layer, max(s.layer) as last_layer
            from unnest(p_walk.parts) as s
            where s.edge = e.ordinality and s.effect = 'delete'
        ) as p on true
        union all
        select 0, null, p_root, null, null, 'root', 0, 0
    ),

    told as (
        select
            e.edge, e.reference, e.child, e.parent, e.kind, e.depth, e.last_layer, v.rows as reached, n.*,
            case e.on_delete
                when 'c' then 'cascade' when 'n' then 'set null' when 'd' then 'set default'
                when 'r' then 'restrict' when 'a' then 'no action'
            end as own_action
        from edge as e
        left join verdict as v on v.edge = e.edge
        cross join lateral pydb_internal.cascade_edge_verdict(
            p_walk, e.edge, p_root, p_strict, coalesce(v.rows, 0), coalesce(v.outside, 0), coalesce(v.early, 0),
            coalesce(v.tie, 0)
        ) as n
    )

    select
        row_number() over (
            order by t.action = 'blocked' desc, t.action = 'delete', t.edge = 0, t.last_layer desc, t.depth desc, t.edge
        )::integer,
        t.depth, pydb_internal.relation_name(coalesce(pg_partition_root(t.child::regclass), t.child)), t.reference,
            t.action,
        t.rows, case when t.edge > 0 then (p_walk.edges[t.edge]).is_indexed end, t.warning,
        pydb_internal.relation_name(coalesce(pg_partition_root(t.parent::regclass), t.parent)), t.kind, t.own_action,
        case when t.edge > 0 then p_walk.matched[t.edge] else t.reached end, t.cure, t.order_dependent, null::bigint
    from told as t
    order by 1;
end
$$;

comment on function pydb_internal.cascade_plan_steps(pydb_internal.cascade_closure, regclass, boolean) is
'Steps of a walk in the order of execution, with warnings and cures. p_strict: keys as they are, so a key that
PostgreSQL would check too early blocks, although all of its rows go.';

revoke all on function pydb_internal.cascade_plan_steps(pydb_internal.cascade_closure, regclass, boolean) from public;
