-- pydb_internal.orphan_edge (condition): a reference with all that is needed to follow it; all null where it cannot be
-- followed any more.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_edge(p_reference text, p_parent oid default null)
returns pydb_internal.reference_edge
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a declared key goes before a logical reference of the same name
    select e.*
    from pydb_internal.reference_edges_among(
        case when p_parent is not null then array[p_parent] end, array[p_reference]
    ) as e
    order by e.kind
    limit 1;
$$;

comment on function pydb_internal.orphan_edge(text, oid) is
'The edge of a reference, that which points at p_parent (null: at whatever); a row of nulls if there is none.';

revoke all on function pydb_internal.orphan_edge(text, oid) from public;
