-- pydb_internal.governor_oldest_snapshot (governor): indicator: age of the oldest snapshot that keeps dead rows.
-- reads pg_stat_activity, pg_prepared_xacts   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_oldest_snapshot(p_relation regclass)
returns pydb.governor_reading
language plpgsql
stable
security definer -- a run needs no right on what the server tells the owner
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reading pydb.governor_reading;
begin
    v_reading.unit := 's';
    if not pg_has_role('pg_read_all_stats', 'usage') then
        v_reading.reason := format('%1$I owns pydb and may not see it: grant pg_monitor to %1$I;', current_user);
        return v_reading;
    end if;
    v_reading.known := true;
    select coalesce(max(extract(epoch from clock_timestamp() - o.since)), 0)::float8,
        coalesce((array_agg(o.who order by o.since))[1], 'none')
    into v_reading.value, v_reading.reason
    from (
        select a.xact_start as since, format('session %s of %s', a.pid, a.usename) as who
        from pg_stat_activity as a
        where num_nonnulls(a.backend_xmin, a.backend_xid) > 0 and a.xact_start is not null
            and a.pid <> pg_backend_pid() and a.backend_type <> 'autovacuum worker'
            and coalesce(a.datname, current_database()) = current_database()
        union all
        select p.prepared, format('prepared transaction %s', p.gid)
        from pg_prepared_xacts as p
        where p.database = current_database()
    ) as o;
    return v_reading;
end
$$;

comment on function pydb_internal.governor_oldest_snapshot(regclass) is
'Seconds since the oldest transaction of this database began that holds a snapshot, or a number: what is deleted after
it cannot be vacuumed before it ends.';

revoke all on function pydb_internal.governor_oldest_snapshot(regclass) from public;
