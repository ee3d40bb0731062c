-- pydb_internal.governor_quiet (governor; by governor_stop): whether every indicator would say ok, by one look at all
-- that they look at.
-- reads pydb.governor_indicator, pg_replication_slots, pg_stat_replication, pg_stat_activity, pg_prepared_xacts,
-- pg_locks   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_quiet(p_relation regclass)
returns boolean
language plpgsql
stable
security definer -- as the indicators
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    -- One routine, one statement: a short run in a fresh session is spared the rest. Above half of a threshold it is
    -- for the indicator to say, and so is what it might not know. The functions under the views: these join more.
    return (
        select not pg_is_in_recovery() and pg_has_role('pg_read_all_stats', 'usage') and not exists (
            select from pydb.governor_indicator as g
            where g.enabled and (g.function is not null or g.expects <> '{}' or case g.name
                when 'archive_backlog' then current_setting('archive_mode') <> 'off' and (
                    select r.known is not true or r.value > g.threshold / 2
                    from pydb_internal.governor_archive_backlog(p_relation) as r
                )
                when 'slot_wal' then exists (
                    select from pg_get_replication_slots() as s
                    where s.restart_lsn is not null and s.slot_name <> all(g.leaves_out)
                        and pg_wal_lsn_diff(pg_current_wal_lsn(), s.restart_lsn) > g.threshold / 2
                )
                when 'oldest_snapshot' then exists (select from pg_prepared_xact()) or exists (
                    select from pg_stat_get_activity(null) as a
                    where a.pid <> pg_backend_pid() and a.xact_start < v_now - g.threshold / 2 * interval '1 s'
                )
                when 'autovacuum' then exists (
                    select from pg_stat_get_progress_info('VACUUM') as v
                    where v.relid = p_relation
                        or p_relation in (select a.relid from pg_partition_ancestors(v.relid) as a)
                )
                when 'lock_waiters' then exists (
                    select from pg_lock_status() as l where not l.granted and l.relation is not null
                )
                when 'replication_lag' then not pydb_internal.governor_keeps_up(g)
                when 'replication_delay' then not pydb_internal.governor_keeps_up(g)
            end)
        )
    );
end
$$;

comment on function pydb_internal.governor_quiet(regclass) is
'True where every indicator would say ok: standbys and slots below half of what they may be behind, none missing, no
backlog of the archive, no old transaction, no vacuum on the table, no session that waits for a table, and no indicator
of somebody''s own. false and null = ask them.';

revoke all on function pydb_internal.governor_quiet(regclass) from public;
