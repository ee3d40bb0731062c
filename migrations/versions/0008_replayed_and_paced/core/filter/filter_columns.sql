-- pydb_internal.filter_columns (filter): the columns of a table that a filter names.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.filter_columns(p_relation oid, p_filter text)
returns name[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select a.attname
        from pg_attribute as a
        where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped and a.attname in (
            -- a word of the language may be the name of a column as well
            select f.name::name from pydb_internal.filter_names(p_filter) as f where f.role in ('column', 'word')
        )
        order by a.attnum
    );
end
$$;

comment on function pydb_internal.filter_columns(oid, text) is
'Rather too many than too few: also what may be a word of the language; none for null.';

revoke all on function pydb_internal.filter_columns(oid, text) from public;
