-- pydb_internal.doctor_scheduler (doctor): who fires the schedules, and is it alive.
-- reads pydb.schedule_source, pydb.retention_policy, pydb.scheduler, pg_settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_scheduler(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_backend constant text := pydb_internal.schedule_backend(p_cron);
    v_state text;
    v_wanted bigint;
    v_last record;
begin
    select count(*) into v_wanted from pydb_internal.schedule_wanted() as w where not w.housekeeping;
    select s.* into v_last from pydb.scheduler as s order by s.stopped_at is null desc, s.heartbeat_at desc limit 1;
    v_state := case
        when v_wanted = 0 then 'nothing_scheduled'
        when v_backend in ('pydb', 'external') or v_backend = 'pg_cron' and p_cron is not null then v_backend
        when v_backend = 'pg_cron'
            and (select p.place from pydb_internal.schedule_place() as p) in ('here', 'elsewhere', 'hidden')
            then 'pg_cron_hidden'
        else 'no_scheduler'
    end;
    return query select
        'scheduler',
        case v_state when 'no_scheduler' then 'error' when 'pg_cron_hidden' then 'unknown' else 'ok' end,
        v_state,
        case v_state
            when 'nothing_scheduled' then 'nothing has a schedule'
            when 'pg_cron' then format('%s schedules are left to pg_cron', v_wanted)
            when 'pg_cron_hidden' then format('%s schedules are left to a pg_cron that cannot be read', v_wanted)
            when 'pydb' then format('%s schedules are fired by pydb schedule run', v_wanted)
            when 'external' then format('%s schedules are left to something that pydb does not see', v_wanted)
            else format('nothing fires the %s schedules of this database', v_wanted)
        end,
        case
            when v_state = 'pydb' then format(
                'host %s, process %s, heartbeat %s', v_last.host, v_last.os_pid,
                to_char(v_last.heartbeat_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
            )
            when v_state = 'no_scheduler' then 'no pg_cron at work, and no pydb schedule run with a fresh heartbeat'
        end,
        case v_state
            when 'no_scheduler' then 'keep this running (ops/systemd/pydb-scheduler.service): pydb schedule run; '
                || 'where something else does it: pydb setting set schedule_backend external'
            when 'pg_cron_hidden' then pydb_internal.doctor_cron_hidden()
        end;
    if v_last.id is not null and v_last.stopped_at is null and v_backend not in ('pg_cron', 'external')
        and not pydb_internal.scheduler_alive()
    then
        return query select
            'scheduler', 'error', 'heartbeat_stale', 'pydb schedule run has gone silent',
            format(
                'host %s, process %s, last heartbeat %s', v_last.host, v_last.os_pid,
                to_char(v_last.heartbeat_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
            ),
            'systemctl restart pydb-scheduler, or: pydb schedule run';
    end if;
end
$$;

comment on function pydb_internal.doctor_scheduler(jsonb) is
'Rows of pydb.doctor about who fires the schedules: pg_cron, pydb schedule run, something else, or nobody.';

revoke all on function pydb_internal.doctor_scheduler(jsonb) from public;
