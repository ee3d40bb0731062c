-- pydb_internal.reference_aliases (suggest): what a column that references a key would be
-- called, for each key of one column.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_aliases()
returns table (
    plain_name text,
    relation oid,
    schema name,
    attnum smallint,
    column_name name,
    base_type oid,
    is_primary boolean,
    rule text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select distinct a.name, k.relation, k.schema, k.attnum, k.column_name, k.base_type, k.is_primary, a.rule
    from pydb_internal.reference_open_columns() as k
    cross join lateral unnest(pydb_internal.reference_words(k.table_name)) as w (word)
    cross join lateral (
        values
        (case when k.plain_name <> 'id' then w.word || k.plain_name end, 'it is named after %s and its key'),
        (case when k.is_primary or k.plain_name = 'id' then w.word || 'id' end, 'it is named after %s'),
        (case when k.is_primary and k.plain_name ~ '.id$' then k.plain_name end, 'it is named like the key of %s')
    ) as a (name, rule)
    where k.is_key and a.name is not null
$$;

comment on function pydb_internal.reference_aliases() is
'For each unique key of one column the plain names of columns that would reference it, with the reason to be shown: for
users (id): usersid, userid.';

revoke all on function pydb_internal.reference_aliases() from public;
