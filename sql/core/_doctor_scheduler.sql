-- pydb._doctor_scheduler: who fires the schedules, and is it alive.
-- reads pydb.retention_policy, pydb.scheduler, pydb.setting, pg_settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._doctor_scheduler(p_cron jsonb)
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $function$
declare
    v_backend constant text := pydb._schedule_backend(p_cron);
    v_wanted bigint;
    v_last record;
begin
    select count(w.policy) into v_wanted from pydb._schedule_wanted() as w;
    select s.* into v_last from pydb.scheduler as s order by s.stopped_at is null desc, s.heartbeat_at desc limit 1;
    return query select
        'scheduler',
        case when v_wanted > 0 and v_backend = 'none' then 'error' else 'ok' end,
        case when v_wanted = 0 then 'nothing_scheduled' when v_backend = 'none' then 'no_scheduler' else v_backend end,
        case
            when v_wanted = 0 then 'no policy has a schedule'
            when v_backend = 'pg_cron' then format('pg_cron fires %s schedules of this database', v_wanted)
            when v_backend = 'pydb' then format('pydb schedule run fires %s schedules of this database', v_wanted)
            else format('nothing fires the %s schedules of this database', v_wanted)
        end,
        case
            when v_backend = 'pydb' then format(
                'host %s, process %s, heartbeat %s', v_last.host, v_last.os_pid,
                to_char(v_last.heartbeat_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
            )
            when v_backend = 'none' and v_wanted > 0 then 'no pg_cron, and no pydb schedule run with a fresh heartbeat'
        end,
        case when v_backend = 'none' and v_wanted > 0
            then 'keep this running (ops/systemd/pydb-scheduler.service): pydb schedule run' end;
    if v_last.id is not null and v_last.stopped_at is null and v_backend <> 'pg_cron'
        and not pydb._scheduler_alive()
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
$function$;

comment on function pydb._doctor_scheduler(jsonb) is
'Rows of pydb.doctor about who fires the schedules: pg_cron, pydb schedule run, or nobody.';

revoke all on function pydb._doctor_scheduler(jsonb) from public;
