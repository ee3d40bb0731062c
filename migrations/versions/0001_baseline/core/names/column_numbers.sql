-- pydb_internal.column_numbers (names): numbers of columns by their names, in the order given.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_numbers(p_relation oid, p_columns name[])
returns smallint[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select array_agg(a.attnum order by u.ord)
        from unnest(p_columns) with ordinality as u (name, ord)
        inner join pg_catalog.pg_attribute as a
            on a.attrelid = p_relation and a.attname = u.name and a.attnum > 0 and not a.attisdropped
    );
end
$$;

comment on function pydb_internal.column_numbers(oid, name[]) is
'Numbers of a relation''s columns in the order of the names; names that it does not have are left out.';

revoke all on function pydb_internal.column_numbers(oid, name[]) from public;
