-- pydb_internal.application_path (names): the search_path under which the application's own statements run, for those
-- of ours that fire its triggers, rules, defaults and constraint functions.
-- reads pg_db_role_setting, pg_settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_path()
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_path text;
begin
    -- what a new session of the running role would have, in the server's own order
    select substr(u.line, length('search_path=') + 1) into v_path
    from pg_db_role_setting as s
    cross join lateral unnest(s.setconfig) as u (line)
    where starts_with(u.line, 'search_path=')
        and s.setdatabase in (0, (select d.oid from pg_database as d where d.datname = current_database()))
        and s.setrole in (0, current_user::regrole::oid)
    order by s.setrole = 0, s.setdatabase = 0
    limit 1;
    return coalesce(
        v_path,
        -- of the server, or of the connection; the role that logged in may have brought its own
        (
            select case when current_user = session_user then g.reset_val else g.boot_val end
            from pg_settings as g where g.name = 'search_path'
        )
    );
end
$$;

comment on function pydb_internal.application_path() is
'search_path that a new session of the running role would have in this database.';

revoke all on function pydb_internal.application_path() from public;
