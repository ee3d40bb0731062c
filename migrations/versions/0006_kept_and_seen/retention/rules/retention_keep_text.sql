-- pydb_internal.retention_keep_text (rules): SQL text that reads a keep from a column: of a row, or of a mapping.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_keep_text(p_relation oid, p_column name, p_alias text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type constant oid := (
        select pydb_internal.type_plain(a.atttypid) from pg_attribute as a
        where a.attrelid = p_relation and a.attname = p_column and a.attnum > 0 and not a.attisdropped
    );
begin
    return case
        when v_type = 'interval'::regtype then format('%s.%I', p_alias, p_column)
        -- more than make_interval takes, in days, is for ever anyway
        when v_type in ('int2'::regtype, 'int4'::regtype, 'int8'::regtype) then format(
            'pg_catalog.make_interval(days => case when %1$s.%2$I is not null then
                greatest(least(%1$s.%2$I::pg_catalog.int8, 2000000), -1)::pg_catalog.int4 end)', p_alias, p_column
        )
    end;
end
$$;

comment on function pydb_internal.retention_keep_text(oid, name, text) is
'An interval as it stands, a whole number as so many days; null where the column is gone or of another type.';

revoke all on function pydb_internal.retention_keep_text(oid, name, text) from public;
