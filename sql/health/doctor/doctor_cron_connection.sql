-- pydb_internal.doctor_cron_connection (doctor): can pg_cron reach the server to run a job.
-- reads pg_settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_cron_connection(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_set jsonb := (
        select jsonb_object_agg(s.name, s.setting) from pg_settings as s
        where s.name ~ '^cron[.]' or s.name in ('listen_addresses', 'unix_socket_directories')
    );
    v_host text := v_set ->> 'cron.host';
    v_sockets text[] := string_to_array(replace(v_set ->> 'unix_socket_directories', ' ', ''), ',');
    v_workers boolean := coalesce((v_set ->> 'cron.use_background_workers')::boolean, false);
    v_modern constant boolean := pydb_internal.cron_version_at_least(p_cron ->> 'version', 1, 5);
    v_failed text;
begin
    if p_cron is null then
        return;
    end if;
    select min(r.username) into v_failed
    from jsonb_to_recordset(p_cron -> 'runs') as r (username text, status text, return_message text)
    where r.status = 'failed' and r.return_message ~* '^(connection failed|could not connect)';
    return query select 'pg_cron connection', c.status, c.reason, c.summary, c.detail, c.hint
    from (
        values
        (
            v_workers and not v_modern, 'degraded', 'serial_workers',
            'pg_cron 1.4 runs one job at a time in its background workers',
            'cron.use_background_workers is on: a long job holds up all others (fixed in 1.5)',
            'in postgresql.conf: cron.use_background_workers = off; then restart'
        ),
        (
            not v_workers and v_set ->> 'listen_addresses' = '' and v_host !~ '^[/@]', 'error', 'host_unreachable',
            'pg_cron cannot connect: it uses TCP and the server does not listen',
            format('cron.host = %L, listen_addresses = %L', v_host, v_set ->> 'listen_addresses'),
            format(
                'in postgresql.conf: cron.host = %L; then restart and: select * from pydb.schedule_sync();',
                coalesce(v_sockets[1], '/var/run/postgresql')
            )
        ),
        (
            not v_workers and v_host ~ '^/' and not v_host = any(v_sockets), 'error', 'host_unreachable',
            'pg_cron cannot connect: the server has no socket in that directory',
            format('cron.host = %L, unix_socket_directories = %L', v_host, v_set ->> 'unix_socket_directories'),
            format(
                'in postgresql.conf: cron.host = %L; then restart and: select * from pydb.schedule_sync();',
                coalesce(v_sockets[1], '/var/run/postgresql')
            )
        ),
        (
            v_failed is not null, 'error', 'connection_failed',
            'the last run of a job got no connection',
            format('role: %s; cron.host: %s', v_failed, coalesce(v_host, 'not visible to this role')),
            case
                when v_modern then 'in postgresql.conf: cron.use_background_workers = on; then restart'
                -- over a socket Debian's pg_hba.conf says peer: no password is ever asked for
                when coalesce(v_host ~ '^([/@]|$)', true) then format(
                    'in pg_ident.conf: pg_cron postgres "%s" (postgres = the server''s system user); in pg_hba.conf, '
                    'before "local all all peer": local "%s" "%s" peer map=pg_cron; then: select pg_reload_conf();',
                    v_failed, current_database(), v_failed
                )
                else format(
                    'in ~/.pgpass of the server''s system user: %s:%s:%s:%s:PASSWORD',
                    v_host, p_cron ->> 'port', current_database(), v_failed
                )
            end
        ),
        (
            v_set ->> 'cron.timezone' not in ('GMT', 'UTC', 'Etc/UTC'), 'degraded', 'timezone',
            'pg_cron reads schedules in another time zone than UTC',
            format('cron.timezone = %L', v_set ->> 'cron.timezone'),
            'in postgresql.conf: cron.timezone = ''GMT''; then restart'
        ),
        (
            v_host is null, 'unknown', 'hidden', 'this role may not see the settings of pg_cron', null,
            format('grant pg_monitor to %I;', current_user)
        )
    ) as c (applies, status, reason, summary, detail, hint)
    where c.applies;
    if not found then
        return query select
            'pg_cron connection', 'ok', 'reachable',
            case when v_workers then 'jobs run in background workers' else format('jobs connect to %s', v_host) end,
            null::text, null::text;
    end if;
end
$$;

comment on function pydb_internal.doctor_cron_connection(jsonb) is
'Rows of pydb.doctor about how pg_cron connects: cron.host, authentication, background workers, time zone.';

revoke all on function pydb_internal.doctor_cron_connection(jsonb) from public;
