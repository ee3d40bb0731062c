-- pydb_internal.relation_name (names): a relation's name, always with its schema and quoted where needed, whatever the
-- search_path.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_name(p_relation oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select format('%I.%I', n.nspname, c.relname)
        from pg_catalog.pg_class as c
        inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
        where c.oid = p_relation
    );
end
$$;

comment on function pydb_internal.relation_name(oid) is
'Schema-qualified, quoted name of a relation; null if there is no such relation.';

revoke all on function pydb_internal.relation_name(oid) from public;
