-- pydb_internal.governor_replication_lag (governor): indicator: how far standbys are behind, in bytes of WAL.
-- reads pg_stat_replication, pg_replication_slots, pydb.governor_indicator   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_replication_lag(p_relation regclass)
returns pydb.governor_reading
language plpgsql
stable
security definer -- a run needs no right on what the server tells the owner
set search_path = pg_catalog, pg_temp
as $$
declare
    v_out constant text[] := (select g.leaves_out from pydb.governor_indicator as g where g.name = 'replication_lag');
    v_expected constant text[] := (select g.expects from pydb.governor_indicator as g where g.name = 'replication_lag');
    v_lost text;
    v_reading pydb.governor_reading;
begin
    v_reading.unit := 'bytes';
    if not pg_has_role('pg_read_all_stats', 'usage') then
        v_reading.reason := format('%1$I owns pydb and may not see it: grant pg_monitor to %1$I;', current_user);
        return v_reading;
    end if;
    select max(pg_wal_lsn_diff(pg_current_wal_lsn(), s.replay_lsn))::float8,
        string_agg(format('%s tells no replay position (%s)', s.application_name, s.state), ', ')
            filter (where s.replay_lsn is null or s.state is distinct from 'streaming'
                or s.reply_time < clock_timestamp() - interval '30 s'),
        string_agg(format('%s at %s', s.application_name, s.replay_lsn), ', ')
    into v_reading.value, v_lost, v_reading.reason
    from pg_stat_replication as s
    where s.state is distinct from 'backup' and not s.application_name = any(v_out)
        -- who only receives, and replays nothing: logical decoding is a matter of its slot
        and not exists (
            select from pg_replication_slots as l where l.active_pid = s.pid and l.slot_type = 'logical'
        );
    -- who should be there and is not: by its name, or by the slot that waits for it
    select concat_ws(', ', v_lost, string_agg(u.said, ', ' order by u.said)) into v_lost
    from (
        select format('%s is not connected', e.name) as said
        from unnest(v_expected) as e (name)
        where not exists (select from pg_stat_replication as s where s.application_name = e.name)
        union all
        select format('nobody reads slot %s', l.slot_name)
        from pg_replication_slots as l
        where l.slot_type = 'physical' and not l.active and l.restart_lsn is not null
            and l.wal_status is distinct from 'lost' and not l.slot_name = any(v_out)
    ) as u;
    v_reading.known := v_lost = '';
    if v_lost <> '' then
        v_reading.value := null;
        v_reading.reason := v_lost;
    else
        v_reading.value := coalesce(v_reading.value, 0);
        v_reading.reason := coalesce(v_reading.reason, 'no standby');
    end if;
    return v_reading;
end
$$;

comment on function pydb_internal.governor_replication_lag(regclass) is
'Bytes of WAL that the standby which is furthest behind has not replayed; unknown where one tells nothing, is expected
and away, or has a slot that nobody reads.';

revoke all on function pydb_internal.governor_replication_lag(regclass) from public;
