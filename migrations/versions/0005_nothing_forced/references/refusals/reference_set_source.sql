-- pydb_internal.reference_set_source (refusals): a row as it would be with some columns
-- set, as SQL text for FROM.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_set_source(
    p_relation oid,
    p_columns name[],
    p_values text[],
    p_alias text
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- in the base type: what a domain says is asked apart, where it cannot raise
    select '(select ' || string_agg(format(
        '%s as %I', case when u.name is null then format('%I.%I', p_alias, a.attname) else format(
            '(%s)::%s', u.value, format_type(pydb_internal.reference_base_type(a.atttypid), a.atttypmod)
        ) end, a.attname
    ), ', ' order by a.attnum) || ') as ' || quote_ident('row after')
    from pg_catalog.pg_attribute as a
    left join unnest(p_columns, p_values) as u (name, value) on u.name = a.attname
    where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped;
$$;

comment on function pydb_internal.reference_set_source(oid, name[], text[], text) is
'One row: that of alias p_alias, with the columns at their values (SQL text).';

revoke all on function pydb_internal.reference_set_source(oid, name[], text[], text) from public;
