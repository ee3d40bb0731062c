-- pydb_internal.event_evict (publish; by event_watch): end the session that keeps the end of the stream locked.
-- reads pg_locks, pg_stat_activity   writes nothing   locks nothing
-- raises nothing; warns that it ended one, or may not
create or replace function pydb_internal.event_evict(p_patience interval default interval '1 min')
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_keeper record;
begin
    select k.* into v_keeper from pydb_internal.event_keeper(clock_timestamp() - p_patience) as k;
    if v_keeper.pid is null then
        return false;
    end if;
    raise warning using
        message = format('process %s keeps the stream of events locked', v_keeper.pid),
        detail = format('It is %s; its transaction is open since %s.', v_keeper.who, v_keeper.since),
        hint = format('select pg_terminate_backend(%s);', v_keeper.pid);
    return pg_terminate_backend(v_keeper.pid);
exception when insufficient_privilege then
    return false; -- the owner of pydb may not end sessions: it is said above, and by event_status
end
$$;

comment on function pydb_internal.event_evict(interval) is
'Ends the session that has kept the end of the stream locked for longer than p_patience, and warns; true if it did.
Whoever may publish could stop it for all that way, by a transaction that is left open.';

revoke all on function pydb_internal.event_evict(interval) from public;
