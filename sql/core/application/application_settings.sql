-- pydb_internal.application_settings (application; by application_enter): what a new session of the running role in
-- this database would have set, where that is said in the catalog.
-- reads pg_db_role_setting, pg_settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.application_settings(p_names text[])
returns text[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question to the catalog at each batch
as $$
declare
    v_database constant oid := (select d.oid from pg_database as d where d.datname = current_database());
    v_role constant oid := quote_ident(current_user)::regrole::oid;
begin
    return array(
        select coalesce(
            (
                -- in the server's own order: of the role in this database, of the role, of the database, of all
                select substr(l.line, strpos(l.line, '=') + 1)
                from pg_db_role_setting as s
                cross join lateral unnest(s.setconfig) as l (line)
                where s.setdatabase in (0, v_database) and s.setrole in (0, v_role)
                    and lower(split_part(l.line, '=', 1)) = lower(u.name)
                order by s.setrole = 0, s.setdatabase = 0
                limit 1
            ),
            -- null = what RESET gives: of the server, or of the connection; but not of another role, who logged in
            case when current_user <> session_user and exists (
                select 1
                from pg_db_role_setting as s
                cross join lateral unnest(s.setconfig) as l (line)
                where s.setdatabase in (0, v_database) and s.setrole = quote_ident(session_user)::regrole::oid
                    and lower(split_part(l.line, '=', 1)) = lower(u.name)
            ) then (select g.boot_val from pg_settings as g where g.name = u.name) end
        )
        from unnest(p_names) with ordinality as u (name, ord)
        order by u.ord
    );
end
$$;

comment on function pydb_internal.application_settings(text[]) is
'Values of settings as ALTER ROLE and ALTER DATABASE give them to a new session of the running role in this database, in
the order of p_names; null where RESET gives the right one.';

revoke all on function pydb_internal.application_settings(text[]) from public;
