-- pydb_internal.erasure_edges (verify): the references to a root by which a key that is gone can be looked for.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_edges(p_root regclass, p_columns name[])
returns setof pydb_internal.reference_edge
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select r.* from pydb_internal.reference_edges(p_root) as r
    where r.parent_columns @> p_columns and p_columns @> r.parent_columns and not exists (
        -- to read it would run what the owner of its type wrote
        select from pg_attribute as a
        where a.attrelid = r.child and a.attname = any(r.child_columns)
            and pydb_internal.type_read(a.atttypid) is null
    );
$$;

comment on function pydb_internal.erasure_edges(regclass, name[]) is
'References to the table by exactly these columns: the hashes are of them, so no other can be looked through.';

revoke all on function pydb_internal.erasure_edges(regclass, name[]) from public;
