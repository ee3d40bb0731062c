-- pydb_internal.retention_rest (run; by retention_run_policy): how long a walk sleeps now: until it wakes, in slices,
-- so that no sleep holds a snapshot.
-- reads pydb.setting, pydb.retention_policy, the clock   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_rest(p_walk jsonb)
returns double precision
language plpgsql
volatile
security definer -- see pydb_internal.retention_policy_get
set search_path = pg_catalog, pg_temp
set lock_timeout = '200ms' -- what the turn pins ended with its transaction
as $$
declare
    v_wake constant timestamptz := (p_walk ->> 'wake')::timestamptz;
    v_now constant timestamptz := clock_timestamp();
begin
    -- A look at what could end the pause, and no more: a run that rests most of the time must not be felt by others.
    if p_walk ->> 'state' is not null or v_wake is null or v_now >= v_wake
        or v_now > (p_walk ->> 'deadline')::timestamptz
        or not exists (
            select 1 from pydb.retention_policy as p
            where p.name = p_walk ->> 'policy' and p.enabled and p.paused_at is null
                and p_walk ->> 'terms' = pydb_internal.retention_terms(p)
        )
        or pydb_internal.setting_get(p_name => 'kill_switch')::boolean
    then
        return null;
    end if;
    return least(extract(epoch from v_wake - v_now)::float8, 0.25);
end
$$;

comment on function pydb_internal.retention_rest(jsonb) is
'Seconds to sleep before the next look, at most 0.25; null where the next turn is due: the walk wakes, its deadline has
passed, or a switch, a pause or an edit of the policy is there to be obeyed.';

revoke all on function pydb_internal.retention_rest(jsonb) from public;
