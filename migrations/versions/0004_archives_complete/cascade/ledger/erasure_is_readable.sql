-- pydb_internal.erasure_is_readable (ledger): can the keys of an edge be read without running what the owner of their
-- type wrote.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_is_readable(p_edge pydb_internal.reference_edge)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select not exists (
        select from pg_attribute as a
        where pydb_internal.type_read(a.atttypid) is null and (
            (a.attrelid = p_edge.child and a.attname = any(p_edge.child_columns))
            or (a.attrelid = p_edge.parent and a.attname = any(p_edge.parent_columns))
        )
    );
$$;

comment on function pydb_internal.erasure_is_readable(pydb_internal.reference_edge) is
'True where the current role may read the columns of both sides.';

revoke all on function pydb_internal.erasure_is_readable(pydb_internal.reference_edge) from public;
