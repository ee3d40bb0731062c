-- pydb_internal.application_raised (application): whether code of the application has raised an error of its own
-- accord, by RAISE.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_raised(p_context text)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    -- the name of the statement is the same in every language of the server's messages
    select coalesce(
        split_part(pydb_internal.application_where(p_context), E'\n', 1)
            ~ '(^|[^A-Za-z_."])RAISE([^A-Za-z_."(]|$)', false
    );
$$;

comment on function pydb_internal.application_raised(text) is
'True where the innermost line of p_context (PG_EXCEPTION_CONTEXT) is a RAISE in PL/pgSQL code of the application;
false where the server raised the error, in that code or elsewhere.';

revoke all on function pydb_internal.application_raised(text) from public;
