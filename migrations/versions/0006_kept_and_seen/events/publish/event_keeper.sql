-- pydb_internal.event_keeper (publish): which session keeps the end of the stream locked, so that nobody publishes.
-- reads pg_locks, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.event_keeper(
    p_patience interval,
    out since timestamptz,
    out pid integer,
    out who text
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a batch takes milliseconds; the lock of the table stays with who had the row, in whatever subtransaction
    select a.xact_start, a.pid,
        format('%s of %s in %s', coalesce(nullif(a.application_name, ''), 'a session'), a.usename, a.datname)
    from pg_locks as l
    inner join pg_stat_activity as a on a.pid = l.pid
    where l.locktype = 'relation'
        and l.relation = 'pydb_internal.event_head'::regclass
        and l.database = (select d.oid from pg_database as d where d.datname = current_database())
        and l.mode in ('RowShareLock', 'RowExclusiveLock')
        and l.granted
        and l.pid <> pg_backend_pid()
        and a.xact_start < clock_timestamp() - p_patience
    order by a.xact_start
    limit 1;
$$;

comment on function pydb_internal.event_keeper(interval) is
'The session that has had the row of event_head locked for longer than p_patience: since when its transaction is open,
its process, and who it is; nulls = none. A publisher that is at work has it for milliseconds.';

revoke all on function pydb_internal.event_keeper(interval) from public;
