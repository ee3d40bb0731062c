-- pydb_internal.erasure_search (verify; by erasure_back): the rows whose keys have some hashes: of the root, and (for
-- good) their copies and what references it.
-- reads the root and the tables that reference it, their archives   writes nothing   locks nothing above a select
-- raises YD005 YD103 YD114 YD602
create or replace function pydb_internal.erasure_search(
    p_root regclass,
    p_columns name[],
    p_salt bytea,
    p_hashes bytea[],
    p_is_whole boolean
)
returns table (hash bytea, relation text, via text, key jsonb, rows bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select s.hash, pydb_internal.relation_name(coalesce(p.store, (e.edge).child)), (e.edge).reference, s.key, s.rows
    from (
        select r as edge from pydb_internal.erasure_root_edge(p_root, p_columns) as r
        union all
        select r from pydb_internal.erasure_edges(p_root, p_columns) as r where p_is_whole
    ) as e
    cross join lateral pydb_internal.erasure_stores((e.edge).child) as p
    cross join lateral pydb_internal.erasure_scan(e.edge, p.store, p_salt, p_hashes) as s
    where p_is_whole or p.store is null;
$$;

comment on function pydb_internal.erasure_search(regclass, name[], bytea, bytea[], boolean) is
'Rows of the root by hash, with their keys; p_is_whole: in archives and the quarantine too, and rows of each reference
to it that names such a key, whether the root row is there or not. One scan of each.';

revoke all on function pydb_internal.erasure_search(regclass, name[], bytea, bytea[], boolean) from public;
