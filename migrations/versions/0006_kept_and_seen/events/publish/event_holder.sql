-- pydb_internal.event_holder (publish; by event_status): the open transaction that began to write before all others.
-- reads pg_stat_activity, pg_prepared_xacts   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.event_holder(out since timestamptz, out pid integer, out who text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select o.since, o.pid, o.who
    from (
        select a.xact_start as since, a.pid,
            format('%s of %s in %s', coalesce(nullif(a.application_name, ''), 'a session'), a.usename, a.datname)
                as who,
            age(a.backend_xid) as xids
        from pg_stat_activity as a
        where a.backend_xid is not null and a.pid <> pg_backend_pid()
        union all
        select p.prepared, null, format('prepared transaction %s in %s', p.gid, p.database), age(p.transaction)
        from pg_prepared_xacts as p
    ) as o
    order by o.xids desc
    limit 1;
$$;

comment on function pydb_internal.event_holder() is
'The oldest transaction of the server that has written something and is open: since when, its process (null where it is
prepared), and who it is.';

revoke all on function pydb_internal.event_holder() from public;
