-- pydb_internal.governor_keeps_up (governor; by governor_quiet): whether an indicator of replication would say ok.
-- reads pg_replication_slots, pg_stat_replication   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_keeps_up(p_indicator pydb.governor_indicator)
returns boolean
language plpgsql -- as the owner: governor_quiet is
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_since constant timestamptz := clock_timestamp() - interval '30 s';
begin
    -- a slot that waits for somebody
    if exists (
        select from pg_get_replication_slots() as l
        where l.slot_type = 'physical' and not l.active and l.restart_lsn is not null
            and l.wal_status is distinct from 'lost' and l.slot_name <> all(p_indicator.leaves_out)
    ) then
        return false;
    elsif not exists (select from pg_stat_get_wal_senders() as w where w.state is distinct from 'backup') then
        return true;
    end if;
    return not exists (
        select
        from pg_stat_get_wal_senders() as w
        inner join pg_stat_get_activity(null) as a on a.pid = w.pid
        where w.state is distinct from 'backup' and a.application_name <> all(p_indicator.leaves_out) and not exists (
            select from pg_get_replication_slots() as l where l.active_pid = w.pid and l.slot_type = 'logical'
        ) and (
            w.replay_lsn is null or w.state is distinct from 'streaming'
            or (w.reply_time < v_since) is not false
            or p_indicator.threshold / 2 < case p_indicator.name
                when 'replication_lag' then pg_wal_lsn_diff(pg_current_wal_lsn(), w.replay_lsn)::float8
                else extract(epoch from w.replay_lag)::float8
            end
        )
    );
end
$$;

comment on function pydb_internal.governor_keeps_up(pydb.governor_indicator) is
'True where no standby is farther behind than half of what replication_lag or replication_delay allows, and none is
missing, of those that it does not leave out.';

revoke all on function pydb_internal.governor_keeps_up(pydb.governor_indicator) from public;
