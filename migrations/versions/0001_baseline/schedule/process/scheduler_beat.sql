-- pydb_internal.scheduler_beat (process; for pydb/scheduler.py): a sign of life of pydb schedule run; returns why it
-- must run nothing now, or null.
-- reads pydb.setting, cron.job   writes pydb.scheduler   locks its row
-- raises nothing
create or replace function pydb_internal.scheduler_beat(
    p_id uuid,
    p_host text,
    p_os_pid integer,
    p_version text,
    p_running integer,
    p_stopped boolean default false
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_conflict constant text := pydb_internal.schedule_conflict();
begin
    if pg_is_in_recovery() then
        return v_conflict;
    end if;
    insert into pydb.scheduler as s (id, host, os_pid, version)
    values (p_id, p_host, p_os_pid, p_version)
    on conflict (id) do nothing;
    update pydb.scheduler as s
    set
        heartbeat_at = clock_timestamp(), running = p_running, message = v_conflict,
        stopped_at = case when p_stopped then clock_timestamp() end
    where s.id = p_id;
    return v_conflict;
end
$$;

comment on function pydb_internal.scheduler_beat(uuid, text, integer, text, integer, boolean) is
'Sign of life of a `pydb schedule run`, with the number of jobs it is running; p_stopped = it stops in order.
Returns why it must start nothing at present, or null.';

revoke all on function pydb_internal.scheduler_beat(uuid, text, integer, text, integer, boolean) from public;
