-- pydb_internal.guard_remember (guard): from now on this is the database that pydb may delete in.
-- reads what guard_read reads   writes pydb.guard_server   locks its row
-- raises nothing
create or replace function pydb_internal.guard_remember(p_is_used boolean)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
    insert into pydb.guard_server as g (system_identifier, timeline, database_oid, database_name, files)
    select n.system_identifier, n.timeline, n.database_oid, n.database_name, n.files
    from pydb_internal.guard_read() as n
    on conflict (is_it) do update
    set system_identifier = excluded.system_identifier, timeline = excluded.timeline,
        database_oid = excluded.database_oid, database_name = excluded.database_name, files = excluded.files,
        remembered_at = clock_timestamp(), remembered_by = session_user,
        allow_next = g.allow_next and not p_is_used,
        allow_until = case when not p_is_used then g.allow_until end,
        allow_by = case when not p_is_used then g.allow_by end,
        allow_at = case when not p_is_used then g.allow_at end,
        allow_reason = case when not p_is_used then g.allow_reason end;
$$;

comment on function pydb_internal.guard_remember(boolean) is
'Remembers this server, its timeline and this database. p_is_used: what was allowed beforehand is used up. For routines
that run as the owner: nobody else may call it.';

revoke all on function pydb_internal.guard_remember(boolean) from public;
