-- pydb_internal.application_fail (application; by cascade_write): raise an error again that code of the application
-- raised, with where it was and what to do.
-- reads pg_db_role_setting   writes nothing   locks nothing
-- raises what it is given
create or replace function pydb_internal.application_fail(
    p_sqlstate text,
    p_message text,
    p_detail text,
    p_hint text,
    p_context text
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- whose error it was stands in fields that no language of the server's messages changes
    raise exception using errcode = p_sqlstate, message = p_message, schema = 'pydb_internal', datatype = 'application',
        detail = concat_ws(
            ' ', pydb_internal.application_detail(p_sqlstate, p_detail), pydb_internal.application_said(p_context)
        ),
        hint = coalesce(
            nullif(p_hint, ''), pydb_internal.application_cure(p_sqlstate),
            'Nothing was changed. Look at what the detail names, and run it again.'
        );
end
$$;

comment on function pydb_internal.application_fail(text, text, text, text, text) is
'Raises an error with its own SQLSTATE and message; the functions and lines of its context go to the detail, a cure to
the hint. The fields schema (pydb_internal) and datatype (application) of the error tell programs whose it is.';

revoke all on function pydb_internal.application_fail(text, text, text, text, text) from public;
