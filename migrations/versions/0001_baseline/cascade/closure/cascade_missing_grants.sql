-- pydb_internal.cascade_missing_grants (closure): the statements that let the current role read a table in full.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_missing_grants(p_relation oid, p_is_deep boolean)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select nullif(concat_ws(
        ' ',
        string_agg(distinct format('grant usage on schema %s to %I;', c.relnamespace::regnamespace, current_user), ' ')
        filter (where not has_schema_privilege(c.relnamespace, 'USAGE')),
        'grant select, delete on ' || string_agg(pydb_internal.relation_name(c.oid), ', ' order by c.oid)
        filter (where not has_table_privilege(c.oid, 'SELECT')) || format(' to %I;', current_user),
        case when bool_or(row_security_active(c.oid)) then format('alter role %I bypassrls;', current_user) end
    ), '')
    from pg_catalog.pg_class as c
    where c.oid = p_relation
        or (p_is_deep and c.oid in (select t.relid from pg_catalog.pg_partition_tree(p_relation) as t));
$$;

comment on function pydb_internal.cascade_missing_grants(oid, boolean) is
'GRANT and ALTER ROLE statements for a relation and (p_is_deep) its partitions; null if nothing is missing.';

revoke all on function pydb_internal.cascade_missing_grants(oid, boolean) from public;
