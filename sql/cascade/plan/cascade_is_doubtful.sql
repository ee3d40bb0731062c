-- pydb_internal.cascade_is_doubtful (plan; by cascade_refusal): whether what a key would refuse depends on a SET NULL
-- or SET DEFAULT beside it.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_is_doubtful(
    p_walk pydb_internal.cascade_closure,
    p_edge pydb_internal.reference_edge
)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select 1
        from unnest(p_walk.edges) with ordinality as m
        where m.effect in ('nullify', 'default') and (m.edge).child in (p_edge.child, p_edge.parent)
            and exists (select 1 from unnest(p_walk.parts) as s where s.edge = m.ordinality)
            and pydb_internal.cascade_sets_key_columns(m.edge)
    );
end
$$;

comment on function pydb_internal.cascade_is_doubtful(pydb_internal.cascade_closure, pydb_internal.reference_edge) is
'True if another edge of the walk sets columns of either table of an edge that other keys use: which of them comes first
decides whether the rows behind the edge still refuse.';

revoke all on function pydb_internal.cascade_is_doubtful(pydb_internal.cascade_closure, pydb_internal.reference_edge)
    from public;
