-- pydb_internal.column_default (names): the default of a column as SQL text.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_default(p_relation oid, p_column name)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value text;
    v_ours text[];
begin
    -- written as it is read where it is executed
    v_ours := pydb_internal.application_enter();
    select pg_catalog.pg_get_expr(d.adbin, d.adrelid) into v_value
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_attrdef as d
        on d.adrelid operator(pg_catalog.=) a.attrelid and d.adnum operator(pg_catalog.=) a.attnum
    where a.attrelid operator(pg_catalog.=) p_relation and a.attname operator(pg_catalog.=) p_column;
    perform pydb_internal.application_leave(v_ours);
    return coalesce(v_value, 'null');
end
$$;

comment on function pydb_internal.column_default(oid, name) is 'Default expression of a column, or null as text.';

revoke all on function pydb_internal.column_default(oid, name) from public;
