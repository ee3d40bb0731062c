-- pydb_internal.governor_lock_waiters (governor; by governor_ask): indicator: sessions that wait for a lock on the
-- table.
-- reads pg_locks   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.governor_lock_waiters(p_relation regclass)
returns pydb.governor_reading
language plpgsql
stable
security definer -- a run needs no right on what the server tells the owner
set search_path = pg_catalog, pg_temp
as $$
declare
    v_reading pydb.governor_reading;
begin
    v_reading.unit := 'sessions';
    v_reading.known := true;
    select count(distinct l.pid)::float8, coalesce('processes ' || string_agg(distinct l.pid::text, ', '), 'none')
    into v_reading.value, v_reading.reason
    from pg_locks as l
    where not l.granted and l.pid <> pg_backend_pid() and l.relation is not null
        and l.database = (select d.oid from pg_database as d where d.datname = current_database())
        and (p_relation is null or l.relation = p_relation
            or l.relation in (select a.relid from pg_partition_ancestors(p_relation) as a)
            or p_relation in (select a.relid from pg_partition_ancestors(l.relation) as a));
    return v_reading;
end
$$;

comment on function pydb_internal.governor_lock_waiters(regclass) is
'Sessions that wait for a lock on the table, or on what it is a partition of; null = on any of this database.';

revoke all on function pydb_internal.governor_lock_waiters(regclass) from public;
