-- pydb_internal.relation_names (naming): what some tables are called and what their columns are, as one short text. SQL
-- that is kept, or was made before somebody waited, calls tables by their names; if one is renamed, another table or a
-- view of that name would be asked, with the rights of whoever runs.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_names(p_relations oid[])
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question to the catalog at each batch
as $$
begin
    return (
        select md5(string_agg(
            concat_ws(' ', c.oid, c.relkind, quote_ident(n.nspname), quote_ident(c.relname), s.columns), '|'
            order by c.oid
        ))
        from pg_class as c
        inner join pg_namespace as n on n.oid = c.relnamespace
        -- a column of another type may be compared by what its owner wrote
        cross join lateral (
            select string_agg(concat_ws(' ', a.attnum, quote_ident(a.attname), a.atttypid, a.attcollation), ','
                order by a.attnum) as columns
            from pg_attribute as a
            where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
        ) as s
        where c.oid = any(p_relations)
    );
end
$$;

comment on function pydb_internal.relation_names(oid[]) is
'Other text where a table of these has another name, schema or columns, or is gone; null for none.';

revoke all on function pydb_internal.relation_names(oid[]) from public;
