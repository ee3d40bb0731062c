-- pydb_internal.cascade_edge_rows (closure; by cascade_traverse): the rows behind one edge of some rows of its parent,
-- one part a leaf relation.
-- reads the child and the parent   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.cascade_edge_rows(
    p_walk pydb_internal.cascade_closure,
    p_edge integer,
    p_leaf oid,
    p_tids tid[],
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
    v_edge pydb_internal.reference_edge := p_walk.edges[p_edge];
    v_effect text := p_walk.effects[p_edge];
    v_seen pydb_internal.cascade_rows[] := pydb_internal.cascade_merge_rows(p_walk.parts, v_edge.child);
    v_lost bigint[];
begin
    -- a row whose columns an earlier layer set to null is no longer behind a key that shares them
    select array_agg(o.ordinality) into v_lost
    from unnest(p_walk.edges) with ordinality as o
    where o.ordinality <> p_edge and p_walk.effects[o.ordinality] in ('nullify', 'default') and o.child = v_edge.child
        and o.set_columns && v_edge.child_columns;
    execute format(
        'select
            array_agg(row($4, $5, $6, g.relation, g.tids)::pydb_internal.cascade_rows) filter (
                where g.tids is not null),
            coalesce(sum(g.matched), 0)
        from (
            select t.tableoid as relation, count(*) as matched, array_agg(t.ctid)%s as tids
            from %s as t
            where exists (select 1 from only %s as p where p.ctid = any($1) and %s)%s
            group by t.tableoid
        ) as g',
        ' filter (where ' || pydb_internal.cascade_not_in_rows(v_seen, 't.tableoid', 't.ctid', '$3') || ')',
        pydb_internal.relation_source(v_edge.child), pydb_internal.relation_name(p_leaf),
            pydb_internal.reference_match(v_edge, 't', 'p'),
        case when v_lost is not null then
            ' and (t.tableoid, t.ctid) not in (
                select s.relation, u.tid from unnest($7) as s cross join lateral unnest(s.tids) as u (tid)
                where s.edge = any($2) and s.layer < $4 and s.effect in (''nullify'', ''default'')
            )'
        else '' end
    ) into parts, matched
    using
        p_tids, v_lost, v_seen, case when v_effect = 'delete' then p_layer + 1 else p_layer end, p_edge, v_effect,
        p_walk.parts;
end
$$;

comment on function pydb_internal.cascade_edge_rows(pydb_internal.cascade_closure, integer, oid, tid[], integer) is
'Rows behind an edge of the given parent rows: parts holds those that no cascade has reached before, matched counts
all. Rows that will be deleted belong to the next layer, all others to the layer of their parents.';

revoke all on function pydb_internal.cascade_edge_rows(pydb_internal.cascade_closure, integer, oid, tid[], integer)
    from public;
