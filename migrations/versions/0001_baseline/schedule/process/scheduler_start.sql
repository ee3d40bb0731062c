-- pydb_internal.scheduler_start (process; for pydb/scheduler.py): register a process of pydb schedule run.
-- reads pydb.setting, cron.job   writes pydb.scheduler   locks its row
-- raises YD502 where pg_cron already fires the jobs
create or replace function pydb_internal.scheduler_start(
    p_id uuid,
    p_host text,
    p_os_pid integer,
    p_version text,
    p_cron jsonb default null
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_conflict constant text := pydb_internal.schedule_conflict(p_cron);
begin
    -- a standby is no mistake: the process waits there for the promotion
    if pg_is_in_recovery() then
        return;
    end if;
    if v_conflict is not null then
        raise exception using
            errcode = 'YD502',
            message = v_conflict,
            detail = 'a second scheduler would run each job a second time',
            hint = 'leave it to pg_cron; or choose: select pydb.setting_set(''schedule_backend'', ''pydb''); '
                'then: pydb schedule sync';
    end if;
    insert into pydb.scheduler as s (id, host, os_pid, version)
    values (p_id, p_host, p_os_pid, p_version)
    on conflict (id) do nothing;
end
$$;

comment on function pydb_internal.scheduler_start(uuid, text, integer, text, jsonb) is
'Registers a process of `pydb schedule run`, or raises YD502 where pg_cron already fires the jobs. On a standby it
does nothing.';

revoke all on function pydb_internal.scheduler_start(uuid, text, integer, text, jsonb) from public;
