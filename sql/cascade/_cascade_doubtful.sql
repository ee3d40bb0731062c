-- pydb._cascade_doubtful: whether what a key would refuse depends on a SET NULL or SET DEFAULT beside it.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._cascade_doubtful(p_walk pydb.cascade_walk, p_edge pydb.cascade_edge)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return exists (
        select 1
        from unnest(p_walk.edges) with ordinality as e
        where p_walk.effects[e.ordinality] in ('nullify', 'default') and e.child in (p_edge.child, p_edge.parent)
            and exists (select 1 from unnest(p_walk.parts) as s where s.edge = e.ordinality)
            and pydb._cascade_entangled(p_walk.edges[e.ordinality])
    );
end
$$;

comment on function pydb._cascade_doubtful(pydb.cascade_walk, pydb.cascade_edge) is
'True if another edge of the walk sets columns of either table of an edge that other keys use: which of them comes first
decides whether the rows behind the edge still refuse.';

revoke all on function pydb._cascade_doubtful(pydb.cascade_walk, pydb.cascade_edge) from public;
