-- pydb_internal.hold_deep_query (condition; by hold_deep_condition): the rows that are reached from one, at whatever
-- depth, as a WITH clause.
-- reads the catalog   writes nothing   locks nothing
-- raises YD005 YD103 YD114
create or replace function pydb_internal.hold_deep_query(
    p_graph pydb_internal.hold_graph,
    p_edges pydb_internal.reference_edge[],
    p_name text,
    p_start text,
    p_is_up boolean
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format(
        'with recursive %1$s (rel, tid) as (select %2$s union
        select hn.rel, hn.tid from %1$s cross join lateral (%3$s) as hn)', p_name, p_start, coalesce(string_agg(format(
            'select %1$s.tableoid as rel, %1$s.ctid as tid from %2$s as hc, %3$s as hp
            where %4$s and %5$s.tableoid = %6$s.rel and %5$s.ctid = %6$s.tid',
            case when p_is_up then 'hp' else 'hc' end,
            pydb_internal.hold_source(p_graph, e.child, pydb_internal.reference_edge_condition(e, false)),
            pydb_internal.hold_source(p_graph, e.parent, pydb_internal.reference_edge_condition(e, true)),
            pydb_internal.reference_match(e, 'hc', 'hp'), case when p_is_up then 'hc' else 'hp' end, p_name
        ), ' union all ' order by e.reference),
        'select 0::pg_catalog.oid as rel, null::pg_catalog.tid as tid where false')
    )
    from unnest(p_edges) as e;
$$;

comment on function pydb_internal.hold_deep_query(
    pydb_internal.hold_graph, pydb_internal.reference_edge[], text, text, boolean
) is
'"with recursive p_name (rel, tid) as …": from p_start (tableoid and ctid) along references, up or down.';

revoke all on function pydb_internal.hold_deep_query(
    pydb_internal.hold_graph, pydb_internal.reference_edge[], text, text, boolean
) from public;
