-- pydb_internal.column_names (names): names of columns by their numbers, in the order given.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_names(p_relation oid, p_attnums smallint[])
returns name[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select array_agg(a.attname order by u.ord)
        from unnest(p_attnums) with ordinality as u (attnum, ord)
        inner join pg_catalog.pg_attribute as a on a.attrelid = p_relation and a.attnum = u.attnum
    );
end
$$;

comment on function pydb_internal.column_names(oid, smallint[]) is
'Names of a relation''s columns in the order of the numbers; null for an empty list.';

revoke all on function pydb_internal.column_names(oid, smallint[]) from public;
