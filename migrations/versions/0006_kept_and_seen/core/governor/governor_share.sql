-- pydb_internal.governor_share (governor; by governor_decide): what the indicators say that concern the server as a
-- whole: one answer for all runs.
-- reads pydb.governor_indicator, settings, what the indicators read   writes pydb_internal.governor_seen
-- locks a key of its own, where nobody has it
-- raises nothing
create or replace function pydb_internal.governor_share()
returns jsonb
language plpgsql
security definer -- it stores what it asks itself, so no run can say anything to another
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_since constant timestamptz := v_now - pydb_internal.setting_get(p_name => 'governor_interval')::interval;
    v_readings jsonb;
begin
    select s.readings into v_readings
    from pydb_internal.governor_seen as s
    where s.seen_at > v_since and s.seen_at <= v_now;
    if found then
        return v_readings;
    end if;
    select jsonb_object_agg(g.name, to_jsonb(case g.name
        when 'archive_backlog' then pydb_internal.governor_archive_backlog(null)
        when 'oldest_snapshot' then pydb_internal.governor_oldest_snapshot(null)
        when 'replication_delay' then pydb_internal.governor_replication_delay(null)
        when 'replication_lag' then pydb_internal.governor_replication_lag(null)
        when 'slot_wal' then pydb_internal.governor_slot_wal(null)
    end)) into v_readings
    from pydb.governor_indicator as g
    where g.enabled and g.function is null
        and g.name in ('archive_backlog', 'oldest_snapshot', 'replication_delay', 'replication_lag', 'slot_wal');
    -- others see it when this batch is committed; who looks meanwhile asks for himself, and waits for nobody
    if v_readings is not null and pg_try_advisory_xact_lock(hashtextextended('pydb.governor_seen', 0)) then
        insert into pydb_internal.governor_seen as s (seen_at, readings) values (v_now, v_readings)
        on conflict (is_it) do update set seen_at = excluded.seen_at, readings = excluded.readings;
    end if;
    return v_readings;
end
$$;

comment on function pydb_internal.governor_share() is
'Readings by the name of the indicator, at most governor_interval old; null where none of them is asked. Of pydb''s own
indicators alone, which run as its owner: a function of somebody''s own is asked by each run, as who runs.';

revoke all on function pydb_internal.governor_share() from public;
