-- pydb_internal.retention_meant_text (time): SQL text for whether a keep, SQL text too, is one that ends: not for ever.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_meant_text(p_keep text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    -- months less days of the same length are little, but no calendar goes there and back: such a row would end a run
    select format(
        '(%1$s <= interval ''5000 years'' and (%1$s <= interval ''0'' or (
            pg_catalog.date_part(''year'', %1$s) between -5000 and 5000
            and pg_catalog.date_part(''day'', %1$s) between -4000000 and 4000000
            and pg_catalog.date_trunc(''day'', %1$s) <= interval ''5000 years'')))', p_keep
    );
$$;

comment on function pydb_internal.retention_meant_text(text) is
'False or null: for ever. Longer than 5000 years, or of parts that no calendar has, whatever they come to.';

revoke all on function pydb_internal.retention_meant_text(text) from public;
