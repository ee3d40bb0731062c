-- pydb_internal.setting_of_role (settings): what a server setting is in a new session of a role in this database, and
-- the statement that takes the deviation away.
-- reads pg_settings, pg_db_role_setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.setting_of_role(
    p_role oid,
    p_name text,
    out value text,
    out source text,
    out cure text
)
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- the view reads all settings anew wherever it stands
    with known as materialized (
        select s.name, s.setting, s.unit, s.source, s.reset_val, s.boot_val from pg_settings as s where s.name = p_name
    )
    select s.value, s.source, s.cure into value, source, cure
    from (
        -- this session is one of the role: as it is, whoever has set it
        select
            1, case when s.unit is null then s.setting else current_setting(s.name) end,
            -- what came with the connection is the session's own default
            s.source, format(
                case s.source when 'client' then 'set %I = %L;' else 'set %I = default;' end, p_name, s.boot_val
            )
        from known as s
        where s.source in ('client', 'interactive', 'session')
            and exists (select from pg_roles as r where r.oid = p_role and r.rolname = current_user)
        union all
        select
            case when d.setrole <> 0 and d.setdatabase <> 0 then 2 when d.setrole <> 0 then 3 else 4 end,
            substr(u.word, strpos(u.word, '=') + 1),
            case when d.setrole <> 0 and d.setdatabase <> 0 then 'database user' when d.setrole <> 0 then 'user'
                else 'database' end,
            case
                when d.setrole <> 0 then format('alter role %s', p_role::regrole)
                    || case when d.setdatabase <> 0 then format(' in database %I', current_database()) else '' end
                else format('alter database %I', current_database())
            end || format(' reset %I;', p_name)
        from pg_db_role_setting as d
        cross join unnest(d.setconfig) as u (word)
        where starts_with(u.word, p_name || '=') and d.setrole in (0, p_role) and d.setdatabase in (
            0, (select b.oid from pg_database as b where b.datname = current_database())
        )
        union all
        -- what is left is the same for everybody
        select
            5, case when s.unit is null then s.reset_val else s.reset_val || s.unit end, s.source,
            format('alter system reset %I; select pg_reload_conf();', p_name)
        from known as s
        where s.source not in ('client', 'interactive', 'session', 'database', 'user',
            'database user')
    ) as s (place, value, source, cure)
    order by s.place
    limit 1;
end
$$;

comment on function pydb_internal.setting_of_role(oid, text) is
'Value of a server setting for a role in this database (of the session, where it is one of that role and has set it
itself; else by role and database, role, database, server), where that comes from (as pg_settings.source) and the
statement that undoes it; null where the server has no such setting, or a session hides it.';

revoke all on function pydb_internal.setting_of_role(oid, text) from public;
