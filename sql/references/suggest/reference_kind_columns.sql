-- pydb_internal.reference_kind_columns (suggest): pairs of columns of which one says to which table the key in the
-- other belongs: commentable_type beside commentable_id.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_kind_columns()
returns table (relation oid, schema name, column_name name, base_type oid, kind_column name)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with col as materialized (select c.* from pydb_internal.reference_open_columns() as c)

    select c.relation, c.schema, c.column_name, c.base_type, k.column_name
    from col as c
    inner join col as k on k.relation = c.relation and k.attnum <> c.attnum
        and k.plain_name ~ '.(type|kind|class|model)$'
        and regexp_replace(k.plain_name, '(type|kind|class|model)$', '')
        = regexp_replace(c.plain_name, '(id|key|uuid|ref)$', '')
    inner join pg_catalog.pg_type as t on t.oid = k.base_type
    where c.plain_name ~ '.(id|key|uuid|ref)$' and not c.is_primary
        and (t.typtype = 'e' or k.base_type in ('text'::regtype, 'bpchar'::regtype))
$$;

comment on function pydb_internal.reference_kind_columns() is
'Columns beside which one of text, or of an enum, is called like them and type, kind, class or model.';

revoke all on function pydb_internal.reference_kind_columns() from public;
