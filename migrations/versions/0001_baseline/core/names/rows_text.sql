-- pydb_internal.rows_text (names): a number of rows in words.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.rows_text(p_rows bigint)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select p_rows || case p_rows when 1 then ' row' else ' rows' end;
$$;

comment on function pydb_internal.rows_text(bigint) is 'A number of rows in words: 1 row, 2 rows.';

revoke all on function pydb_internal.rows_text(bigint) from public;
