-- pydb_internal.governor_quiet (governor; by governor_stop): whether there is nothing at all that an indicator could
-- see.
-- reads pydb.governor_indicator, pg_replication_slots, pg_stat_activity, pg_prepared_xacts, pg_locks
-- writes nothing   locks nothing
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
    -- one routine, one statement: a short run in a fresh session is spared the rest
    return (
        select
            not pg_is_in_recovery() and current_setting('archive_mode') = 'off'
            and pg_has_role('pg_read_all_stats', 'usage')
            and bool_and(not g.enabled or g.function is null and g.expects = '{}')
            and not exists (select from pg_get_replication_slots())
            and not exists (select from pg_prepared_xact())
            and not exists (
                select from pg_stat_get_activity(null) as a
                where a.backend_type = 'walsender' or a.pid <> pg_backend_pid() and a.xact_start < v_now
                    - min(g.threshold) filter (where g.name = 'oldest_snapshot') / 2 * interval '1 s'
            )
            and not exists (
                select from pg_stat_get_progress_info('VACUUM') as v
                where v.relid = p_relation or p_relation in (select a.relid from pg_partition_ancestors(v.relid) as a)
            )
            and not exists (select from pg_lock_status() as l where not l.granted and l.relation is not null)
        from pydb.governor_indicator as g
    );
end
$$;

comment on function pydb_internal.governor_quiet(regclass) is
'True where every indicator would say ok: no standby, no slot, no archive, no old transaction, no vacuum on the table,
no session that waits for a table, and no indicator of somebody''s own. false and null = ask them.';

revoke all on function pydb_internal.governor_quiet(regclass) from public;
