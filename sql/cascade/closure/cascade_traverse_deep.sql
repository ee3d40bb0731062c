-- pydb_internal.cascade_traverse_deep (closure; by cascade_traverse): all rows that cascades reach from one layer of a
-- walk, by one recursive query.
-- reads the tables that references lead to   writes nothing   locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.cascade_traverse_deep(p_walk pydb_internal.cascade_closure, p_layer integer)
returns pydb_internal.cascade_closure
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_branches text;
    v_seen pydb_internal.cascade_rows[] := pydb_internal.cascade_merge_rows(p_walk.parts);
    v_parts pydb_internal.cascade_rows[];
begin
    -- a chain as long as this goes in circles: the edges and tables met so far are those that it needs
    select string_agg(format(
        'select t.tableoid, t.ctid, %s from %s as p inner join %s as t on %s
        where p.ctid = w.tid and w.relation = %s',
        m.ordinality, pydb_internal.reference_source(
            l.source, (m.edge).parent_columns, pydb_internal.reference_edge_condition(m.edge, true)
        ),
        pydb_internal.reference_source(
            pydb_internal.relation_source((m.edge).child), (m.edge).child_columns,
            pydb_internal.reference_edge_condition(m.edge, false)
        ), pydb_internal.reference_match(m.edge, 't', 'p'), l.is_it
    ), ' union all ') into v_branches
    from unnest(p_walk.edges) with ordinality as m
    cross join lateral (
        select array_agg(distinct s.relation) as leaves from unnest(p_walk.parts) as s
        where s.effect = 'delete' and (
            s.relation = (m.edge).parent
            or (m.edge).parent in (select a.relid from pg_partition_ancestors(s.relation) as a)
        )
    ) as f
    cross join lateral (
        select 'only ' || pydb_internal.relation_name(u.leaf) as source, u.leaf::text as is_it
        from unnest(f.leaves) as u (leaf)
        where cardinality(f.leaves) <= 10
        union all
        -- a branch for each of many partitions, each joined to all partitions, would be their square
        select pydb_internal.relation_source((m.edge).parent), 'p.tableoid' where cardinality(f.leaves) > 10
    ) as l
    where m.effect = 'delete';
    if v_branches is null then
        return p_walk;
    end if;
    execute format(
        'with recursive deep (relation, tid, edge) as (
            select s.relation, u.tid, 0::bigint
            from unnest($1) as s cross join lateral unnest(s.tids) as u (tid)
            where s.effect = ''delete'' and s.layer = $2
            union
            select x.relation, x.tid, x.edge
            from deep as w cross join lateral (%s) as x (relation, tid, edge)
        ),
        fresh as (
            select distinct on (d.relation, d.tid) d.relation, d.tid, d.edge, d.ord
            from (select deep.*, row_number() over () as ord from deep) as d
            where %s
            order by d.relation, d.tid, d.ord
        )
        select array_agg(row($2 + 1, f.edge, ''delete'', f.relation, f.tids)::pydb_internal.cascade_rows)
        from (
            select g.relation, g.edge, array_agg(g.tid order by g.ord) as tids from fresh as g
            group by g.relation, g.edge
        ) as f', v_branches, pydb_internal.cascade_not_in_rows(v_seen, 'd.relation', 'd.tid', '$3')
    ) into v_parts using p_walk.parts, p_layer, v_seen;
    return row(p_walk.edges, p_walk.parts || v_parts)::pydb_internal.cascade_closure;
end
$$;

comment on function pydb_internal.cascade_traverse_deep(pydb_internal.cascade_closure, integer) is
'The walk with everything that cascades reach from the rows of a layer, as the layer after it.';

revoke all on function pydb_internal.cascade_traverse_deep(pydb_internal.cascade_closure, integer) from public;
