-- pydb.health: is it well now: one row a component, and what to type where it is not.
-- reads the catalogs, pg_stat_activity, cron.*, pydb's tables   writes nothing   locks nothing
-- raises YD001
create or replace function pydb.health(
    p_components text[] default null,
    p_cron jsonb default null,
    p_now timestamptz default null
)
returns table (
    component text,
    status text,
    reason_code text,
    summary text,
    detail jsonb,
    hint text,
    checked_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set lock_timeout = '500ms' -- who holds a table for himself makes one component unknown, and lets none wait
set jit = off
as $$
declare
    c_all constant text[] := array[
        'database', 'migrations', 'retention', 'cascade', 'orphans', 'idempotency', 'schedule', 'archive', 'audit',
        'holds', 'events', 'degraded', 'telemetry'
    ];
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    v_start timestamptz;
    v_said pydb_internal.health_said;
    v_state text;
    v_message text;
begin
    if not p_components <@ c_all then
        raise exception using errcode = 'YD001', message = 'there is no such component',
            detail = format('%s of %s', array_to_string(array(
                select u.name from unnest(p_components) as u (name) where u.name <> all(c_all)
            ), ', '), array_to_string(c_all, ', ')), hint = 'select component, status from pydb.health();';
    end if;
    foreach component in array c_all loop
        continue when component <> all(p_components);
        v_start := clock_timestamp();
        -- one that cannot be looked at is unknown, and the others are looked at all the same
        begin
            v_said := case component
                when 'database' then pydb_internal.health_database()
                when 'migrations' then pydb_internal.health_migrations()
                when 'retention' then pydb_internal.health_retention(v_now)
                when 'cascade' then pydb_internal.health_cascade(v_now)
                when 'orphans' then pydb_internal.health_orphans(v_now)
                when 'idempotency' then pydb_internal.health_idempotency()
                when 'schedule' then pydb_internal.health_schedule(p_cron, v_now)
                when 'archive' then pydb_internal.health_archive()
                when 'audit' then pydb_internal.health_audit(v_now)
                when 'holds' then pydb_internal.health_holds(v_now)
                when 'events' then pydb_internal.health_events(v_now)
                when 'degraded' then pydb_internal.health_degraded(v_now)
                when 'telemetry' then pydb_internal.health_telemetry(v_now)
            end;
        exception when others then
            get stacked diagnostics v_state = returned_sqlstate, v_message = message_text;
            v_said := pydb_internal.health_failed(v_state, v_message);
        end;
        status := v_said.status;
        reason_code := v_said.reason_code;
        summary := v_said.summary;
        detail := v_said.detail || jsonb_build_object(
            'check_ms', round(extract(epoch from clock_timestamp() - v_start) * 1000, 1)
        );
        hint := v_said.hint;
        checked_at := coalesce(v_said.checked_at, v_now);
        return next;
    end loop;
end
$$;

comment on function pydb.health(text[], jsonb, timestamptz) is
'One row a component (or those named): status (ok, degraded, error, unknown), reason_code, summary, detail (figures, and
findings: all of them, the worst first), hint = the next command, checked_at. Overall: error before unknown before
degraded before ok. What cannot be looked at, or was looked at too long ago, is unknown, never ok. pydb.doctor tells
whether it is set up right, this whether it is well now. p_cron is given by `pydb health` where pg_cron lives in another
database; p_now stands for the clock.';

revoke all on function pydb.health(text[], jsonb, timestamptz) from public;
