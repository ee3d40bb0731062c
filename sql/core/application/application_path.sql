-- pydb_internal.application_path (application): the search_path that application_pin has given to the application's
-- code in this transaction.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_path()
returns name[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select nullif(current_setting('pydb.application_path', true), '')::name[];
$$;

comment on function pydb_internal.application_path() is
'Schemas under which the application''s code runs from here on in this transaction; null = those of the running role.';

revoke all on function pydb_internal.application_path() from public;
