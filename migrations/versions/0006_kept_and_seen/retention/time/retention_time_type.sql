-- pydb_internal.retention_time_type (time): the type in which a column keeps its time, through domains of any depth.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_time_type(p_relation oid, p_column name)
returns regtype
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select pydb_internal.reference_base_type(a.atttypid)::regtype
        from pg_catalog.pg_attribute as a
        where a.attrelid = p_relation and a.attname = p_column and a.attnum > 0 and not a.attisdropped
    );
end
$$;

comment on function pydb_internal.retention_time_type(oid, name) is
'Type of a column, that of a domain by what it is made of; null where there is no such column.';

revoke all on function pydb_internal.retention_time_type(oid, name) from public;
