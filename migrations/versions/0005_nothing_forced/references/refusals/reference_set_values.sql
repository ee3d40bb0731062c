-- pydb_internal.reference_set_values (refusals): what a key sets the columns of a child to when its parent goes: SQL
-- text, one value a column.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_set_values(p_relation oid, p_columns name[], p_on_delete "char")
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_on_delete = 'n' then
        return array_fill('null'::text, array[cardinality(p_columns)]);
    end if;
    return (
        select case
            when bool_and(
                y.typtype <> 'd' and coalesce(
                    pydb_internal.reference_is_plain(d.adbin::text) and pydb_internal.reference_is_sure(d.adbin::text),
                    d.adbin is null
                )
            ) then array_agg(pydb_internal.column_default(p_relation, u.name) order by u.ord)
        end
        from unnest(p_columns) with ordinality as u (name, ord)
        inner join pg_attribute as a on a.attrelid = p_relation and a.attname = u.name
        inner join pg_type as y on y.oid = a.atttypid
        left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    );
end
$$;

comment on function pydb_internal.reference_set_values(oid, name[], "char") is
'null for each column (on_delete n), or the defaults of the columns; null as a whole where a default is more than a
constant, which only doing it shows.';

revoke all on function pydb_internal.reference_set_values(oid, name[], "char") from public;
