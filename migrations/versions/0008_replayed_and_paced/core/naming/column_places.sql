-- pydb_internal.column_places (naming): which columns of a table are meant by their names today, as numbers: text that
-- is kept names columns, and a column may be renamed while another takes its name.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.column_places(p_relation oid, p_columns name[])
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select jsonb_build_object(
            'relation', p_relation::bigint, 'columns', coalesce(jsonb_object_agg(a.attname, a.attnum), '{}')
        )
        from pg_attribute as a
        where a.attrelid = p_relation and a.attname = any(p_columns) and a.attnum > 0 and not a.attisdropped
    );
end
$$;

comment on function pydb_internal.column_places(oid, name[]) is
'The number of the table, and of each of the columns; for column_moved_problem.';

revoke all on function pydb_internal.column_places(oid, name[]) from public;
