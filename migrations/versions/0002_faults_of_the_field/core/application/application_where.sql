-- pydb_internal.application_where (application): in which code of the application an error was raised, from the
-- server's context.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_where(p_context text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    -- Innermost first. A statement of ours that fires code of others begins with a mark, which no language of the
    -- server's messages changes; what stands above its line is theirs.
    select case when strpos(p_context, '/* pydb */') > 0 then nullif(left(
        regexp_replace(left(p_context, strpos(p_context, '/* pydb */') - 1), E'[^\n]*$', ''), 1000
    ), '') end;
$$;

comment on function pydb_internal.application_where(text) is
'Functions and lines of the application in the context of an error (PG_EXCEPTION_CONTEXT), innermost first; null if it
was not raised there.';

revoke all on function pydb_internal.application_where(text) from public;
