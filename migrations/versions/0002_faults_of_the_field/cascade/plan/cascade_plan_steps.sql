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
set plan_cache_mode = force_generic_plan -- arrays make the planner believe that to plan again is worth it
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

    line as (
        select p.relation as parent, p.first_layer from place as p
        union
        select a.relid, p.first_layer from place as p cross join lateral pg_partition_ancestors(p.relation) as a
    ),

    part as (
        select s.edge, min(s.layer) as first_layer, max(s.layer) as last_layer
        from unnest(p_walk.parts) as s
        where s.effect = 'delete'
        group by s.edge
    ),

    edge as (
        select
            m.ordinality::integer as edge, (m.edge).reference, (m.edge).child, (m.edge).parent,
            (m.edge).on_delete::text as on_delete, (m.edge).kind, (m.edge).is_indexed, m.matched,
            coalesce(p.first_layer, (
                select min(l.first_layer) + 1 from line as l where l.parent = (m.edge).parent
            )) as depth,
            coalesce(p.last_layer, -1) as last_layer
        from unnest(p_walk.edges) with ordinality as m
        left join part as p on p.edge = m.ordinality
        union all
        select 0, null, p_root, null, null, 'root', null, null, 0, 0
    ),

    told as (
        select
            e.edge, e.reference, e.child, e.parent, e.kind, e.is_indexed, e.matched, e.depth, e.last_layer,
            v.rows as reached, n.*,
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
        t.rows, t.is_indexed, t.warning,
        pydb_internal.relation_name(coalesce(pg_partition_root(t.parent::regclass), t.parent)), t.kind, t.own_action,
        case when t.edge > 0 then t.matched else t.reached end, t.cure, t.order_dependent, null::bigint, t.codes
    from told as t
    order by 1;
end
$$;

comment on function pydb_internal.cascade_plan_steps(pydb_internal.cascade_closure, regclass, boolean) is
'Steps of a walk in the order of execution, with warnings and cures. p_strict: keys as they are, so a key that
PostgreSQL would check too early blocks, although all of its rows go.';

revoke all on function pydb_internal.cascade_plan_steps(pydb_internal.cascade_closure, regclass, boolean) from public;
