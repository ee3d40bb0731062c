-- pydb_internal.cascade_look (job; by cascade_turn): whether a run of a job must stop before its next batch.
-- reads settings   writes pydb.job_run (a sign of life)   locks the run's row
-- raises nothing
create or replace function pydb_internal.cascade_look(p_state jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if pydb_internal.setting_get(p_name => 'kill_switch')::boolean then
        return p_state || '{"state": "partial", "reason": "kill_switch"}';
    elsif clock_timestamp() > (p_state ->> 'deadline')::timestamptz then
        return p_state || '{"state": "partial", "reason": "time_budget"}';
    elsif (p_state ->> 'idle')::integer > 3 then
        return p_state
            || '{"state": "partial", "reason": "no_progress", "error": "rows change as fast as they are found"}';
    end if;
    return p_state;
end
$$;

comment on function pydb_internal.cascade_look(jsonb) is
'The state of a run, with its end where the kill switch is on, its time is over, or looking again finds nothing to do.';

revoke all on function pydb_internal.cascade_look(jsonb) from public;
