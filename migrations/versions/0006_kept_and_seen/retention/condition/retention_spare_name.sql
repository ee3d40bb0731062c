-- pydb_internal.retention_spare_name (condition): what a name can begin with that no column of a table has: a filter
-- names its columns bare, and must find only those of its table.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_spare_name(p_relation oid)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number integer := 1;
begin
    while exists (
        select from pg_attribute as a
        where a.attrelid = p_relation and not a.attisdropped
            and starts_with(a.attname::text, 'pydb ' || v_number || ' ')
    ) loop
        v_number := v_number + 1;
    end loop;
    return 'pydb ' || v_number || ' ';
end
$$;

comment on function pydb_internal.retention_spare_name(oid) is
'The first of "pydb 1 ", "pydb 2 " and so on with which the name of no column of the table begins.';

revoke all on function pydb_internal.retention_spare_name(oid) from public;
