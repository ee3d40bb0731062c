-- pydb_internal.reference_row_condition (condition): a condition of a reference as SQL text over an alias of its table,
-- beside others.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_row_condition(p_relation oid, p_alias text, p_condition text)
returns text
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_condition is null then
        return null;
    end if;
    -- a condition names its columns bare: inside, only they are in sight
    return (
        select format('exists (select from (select %s) as s where (%s))', string_agg(
            format('%s.%I', p_alias, a.attname), ', ' order by a.attnum
        ), p_condition)
        from pg_catalog.pg_attribute as a
        where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
    );
end
$$;

comment on function pydb_internal.reference_row_condition(oid, text, text) is
'SQL condition that the row of an alias meets p_condition, whatever other tables are in sight; null without one.';

revoke all on function pydb_internal.reference_row_condition(oid, text, text) from public;
