-- pydb_internal.application_said (application): a sentence that says in which code of the application an error was
-- raised.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_said(p_context text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select format(
        'It was raised in: %s.', replace(trim(e'\n' from pydb_internal.application_where(p_context)), e'\n', '; ')
    )
    where pydb_internal.application_where(p_context) is not null;
$$;

comment on function pydb_internal.application_said(text) is
'Where an error was raised, from PG_EXCEPTION_CONTEXT, for a detail; null if not in code of the application.';

revoke all on function pydb_internal.application_said(text) from public;
