-- pydb_internal.retention_names (condition): the names of some tables, as one short text. What a run keeps as SQL calls
-- tables by their names; if one is renamed, another table or a view of that name would be asked, with the rights of
-- whoever runs.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_names(p_named oid[])
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- as retention_signature
as $$
begin
    return (
        select md5(string_agg(concat_ws(' ', c.oid, c.relkind, quote_ident(n.nspname), quote_ident(c.relname)), '|'
            order by c.oid))
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        where c.oid = any(p_named)
    );
end
$$;

comment on function pydb_internal.retention_names(oid[]) is
'Other text where a table of these has another name, is in another schema, or is gone; null for none.';

revoke all on function pydb_internal.retention_names(oid[]) from public;
