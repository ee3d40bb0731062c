-- pydb_internal.doctor_server (doctor): is the server one that pydb supports, and does it take writes.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_server()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        'server',
        case when s.major < 15 then 'error' when s.major > 18 then 'degraded' else 'ok' end,
        case when s.major < 15 then 'too_old' when s.major > 18 then 'untested' else 'supported' end,
        format('PostgreSQL %s', current_setting('server_version')),
        case when s.major not between 15 and 18 then 'pydb is made for PostgreSQL 15 to 18' end,
        case when s.major < 15 then 'upgrade the server' when s.major > 18 then 'look for a newer pydb' end
    from (select current_setting('server_version_num')::integer / 10000 as major) as s
    union all
    select
        'server', 'ok', 'standby', 'this server is a standby: nothing runs here until it is promoted', null, null
    where pg_is_in_recovery()
$$;

comment on function pydb_internal.doctor_server() is 'Rows of pydb.doctor about the server.';

revoke all on function pydb_internal.doctor_server() from public;
