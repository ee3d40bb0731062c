-- pydb_internal.orphan_turn (run; by orphan_walk): one turn of a scan or a repair, in one transaction, after a look at
-- switches and budgets.
-- writes what the turn writes, pydb.job_run   locks per turn
-- raises what the turn raises
create or replace function pydb_internal.orphan_turn(p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if p_walk ->> 'task' = 'repair' and not (p_walk ->> 'dry_run')::boolean
        and pydb_internal.setting_get(p_name => 'kill_switch')::boolean
    then
        return p_walk || '{"state": "partial", "reason": "kill_switch"}';
    elsif clock_timestamp() > (p_walk ->> 'deadline')::timestamptz then
        return p_walk || '{"state": "partial", "reason": "time_budget"}';
    elsif p_walk ->> 'task' = 'scan' then
        return pydb_internal.orphan_scan_turn(p_walk);
    end if;
    return pydb_internal.orphan_repair_turn(p_walk);
end
$$;

comment on function pydb_internal.orphan_turn(jsonb) is
'One turn of a walk: kill switch (repairs) and deadline first, then the next piece of work, logged with it.';

revoke all on function pydb_internal.orphan_turn(jsonb) from public;
