-- pydb_internal.cascade_edge_rows (closure; by cascade_traverse): the rows behind one edge of some rows of its parent,
-- one part a leaf relation.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises YD103 YD114
create or replace function pydb_internal.cascade_edge_rows(
    p_walk pydb_internal.cascade_closure,
    p_edge integer,
    p_rows pydb_internal.cascade_rows[],
    p_layer integer,
    out parts pydb_internal.cascade_rows[],
    out matched bigint
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_edge constant pydb_internal.reference_edge := (p_walk.edges[p_edge]).edge;
    v_effect constant text := (p_walk.edges[p_edge]).effect;
    v_seen constant pydb_internal.cascade_rows[] := pydb_internal.cascade_merge_rows(p_walk.parts, v_edge.child);
    v_from record := pydb_internal.cascade_places(p_rows, '$1');
    v_parent_condition constant text := pydb_internal.reference_edge_condition(v_edge, true);
    v_columns text;
    v_parents text;
    v_lost bigint[];
begin
    select string_agg(distinct format('p.%I', u.name), ', ') into v_columns
    from unnest(v_edge.parent_columns) as u (name);
    select string_agg(format(
        'select %s from %s as p where p.ctid = any(%s)', v_columns, pydb_internal.reference_source(
            'only ' || pydb_internal.relation_name(s.relation), v_edge.parent_columns,
            v_parent_condition
        ), v_from.places[s.ordinality]
    ), ' union all ' order by s.ordinality)
    -- the planner would weigh each of many partitions of the one side against each of the other
    || case when count(*) > 10 then ' offset 0' else '' end into v_parents
    from unnest(p_rows) with ordinality as s;
    -- a row whose columns an earlier layer set to null is no longer behind a key that shares them
    select array_agg(m.ordinality) into v_lost
    from unnest(p_walk.edges) with ordinality as m
    where m.ordinality <> p_edge and m.effect in ('nullify', 'default') and (m.edge).child = v_edge.child
        and (m.edge).set_columns && v_edge.child_columns;
    execute format(
        'select
            array_agg(row($4, $5, $6, g.relation, g.tids)::pydb_internal.cascade_rows) filter (
                where g.tids is not null),
            coalesce(sum(g.matched), 0)
        from (
            select t.relation, count(*) as matched, array_agg(t.tid) filter (where %s) as tids
            from (
                select t.tableoid as relation, t.ctid as tid from %s as t
                where exists (select 1 from (%s) as p where %s)%s
            ) as t
            where %s
            group by t.relation
        ) as g',
        pydb_internal.cascade_not_in_rows(v_seen, 't.relation', 't.tid', '$3'),
        pydb_internal.reference_source(
            pydb_internal.relation_source(v_edge.child), v_edge.child_columns,
            pydb_internal.reference_edge_condition(v_edge, false)
        ), v_parents,
        pydb_internal.reference_match(v_edge, 't', 'p'),
        -- asked outside of the scan, of which each partition has its own
        case when v_lost is not null then ' offset 0' else '' end,
        case when v_lost is not null then
            '(t.relation, t.tid) not in (
                select s.relation, u.tid from unnest($7) as s cross join lateral unnest(s.tids) as u (tid)
                where s.edge = any($2) and s.layer < $4 and s.effect in (''nullify'', ''default'')
            )'
        else 'true' end
    ) into parts, matched
    using
        v_from.large, v_lost, v_seen, case when v_effect = 'delete' then p_layer + 1 else p_layer end, p_edge,
        v_effect, p_walk.parts;
end
$$;

comment on function pydb_internal.cascade_edge_rows(
    pydb_internal.cascade_closure, integer, pydb_internal.cascade_rows[], integer) is
'Rows behind an edge of the given parent rows (p_rows: one part a relation): parts holds those that no cascade has
reached before, matched counts all. Rows that will be deleted belong to the next layer, all others to the layer of their
parents.';

revoke all
    on function pydb_internal.cascade_edge_rows(
        pydb_internal.cascade_closure, integer, pydb_internal.cascade_rows[], integer) from public;
