-- pydb_internal.event_keeper (publish): which session keeps the end of the stream locked, so that nobody publishes.
-- reads pg_locks, pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.event_keeper(
    p_before timestamptz,
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
        and a.xact_start < p_before
    order by a.xact_start
    limit 1;
$$;

comment on function pydb_internal.event_keeper(timestamptz) is
'The session that has the row of event_head locked, in a transaction that is open since before p_before: since when, its
process, and who it is; nulls = none. A publisher that is at work has it for milliseconds.';

revoke all on function pydb_internal.event_keeper(timestamptz) from public;
