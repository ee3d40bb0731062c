-- pydb_internal.retention_held (run): what keeps a policy from deleting right now: kill_switch, paused, or null.
-- reads pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_held(p_policy pydb.retention_policy)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case
        when pydb_internal.setting_get(p_name => 'kill_switch')::boolean then 'kill_switch'
        when p_policy.paused_at is not null or not p_policy.enabled then 'paused'
    end;
end
$$;

comment on function pydb_internal.retention_held(pydb.retention_policy) is
'Stop reason kill_switch or paused (also for a disabled policy), or null if the policy may delete.';

revoke all on function pydb_internal.retention_held(pydb.retention_policy) from public;
