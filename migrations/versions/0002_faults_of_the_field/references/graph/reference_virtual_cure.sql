-- pydb_internal.reference_virtual_cure (graph): the statement that makes stored what is a virtual generated column
-- among some columns; null if none is.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_virtual_cure(p_relation oid, p_columns name[])
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select format(
        'alter table %1$s drop column %2$I, add column %2$I %3$s generated always as (%4$s) stored;',
        pydb_internal.relation_name(p_relation), a.attname, format_type(a.atttypid, a.atttypmod),
        pg_get_expr(d.adbin, d.adrelid)
    )
    from pg_catalog.pg_attribute as a
    inner join pg_catalog.pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
    where a.attrelid = p_relation and a.attname = any(p_columns) and a.attgenerated = 'v'
    order by a.attnum
    limit 1
$$;

comment on function pydb_internal.reference_virtual_cure(oid, name[]) is
'ALTER TABLE that replaces the first virtual generated column (PostgreSQL 18) by a stored one, which can have keys and
indexes.';

revoke all on function pydb_internal.reference_virtual_cure(oid, name[]) from public;
