-- pydb_internal.erasure_root_edge (verify): the key of a root as an edge without a name: its rows by their own key.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_root_edge(p_root regclass, p_columns name[])
returns setof pydb_internal.reference_edge
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select (jsonb_populate_record(null::pydb_internal.reference_edge, jsonb_build_object(
        'kind', 'root', 'child', p_root::oid, 'child_columns', p_columns, 'parent', p_root::oid,
        'parent_columns', p_columns
    ))).*;
$$;

comment on function pydb_internal.erasure_root_edge(regclass, name[]) is 'An edge from the root to itself by its key.';

revoke all on function pydb_internal.erasure_root_edge(regclass, name[]) from public;
