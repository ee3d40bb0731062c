-- pydb_internal.column_places (naming): which columns of a table are meant by their names today, as numbers: text that
-- is kept names columns, and a column may be renamed while another takes its name.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_places(p_relation oid, p_columns name[], p_place integer)
returns pydb.seen_column[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return array(
        select row(p_place, p_relation, a.attname, a.attnum)::pydb.seen_column
        from pg_attribute as a
        where a.attrelid = p_relation and a.attname = any(p_columns) and a.attnum > 0 and not a.attisdropped
        order by a.attnum
    );
end
$$;

comment on function pydb_internal.column_places(oid, name[], integer) is
'Each of the columns with its number and that of the table, for column_moved_problem; none for a null table. p_place:
which of the tables that are looked at this is.';

revoke all on function pydb_internal.column_places(oid, name[], integer) from public;
