-- pydb.vacuum_holder: what keeps vacuum from taking away dead rows of this database, by name, oldest first.
-- reads pg_stat_activity, pg_prepared_xacts, pg_replication_slots, pg_stat_replication   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.vacuum_holder as
select
    h.kind,
    h.name,
    h.pid,
    h.age_transactions,
    h.since,
    h.meaning,
    h.hint
from (
    select
        'transaction' as kind,
        format('%s of %s', coalesce(nullif(a.application_name, ''), 'a session'), a.usename) as name, a.pid,
        greatest(age(a.backend_xmin), age(a.backend_xid)) as age_transactions, a.xact_start as since,
        format('a transaction that is open (%s)', coalesce(a.state, 'not known')) as meaning,
        format('select pg_terminate_backend(%s);', a.pid) as hint
    from pg_catalog.pg_stat_activity as a
    where a.pid <> pg_catalog.pg_backend_pid() and a.datname = pg_catalog.current_database()
        and a.backend_type not in ('autovacuum worker', 'walsender')
        and num_nonnulls(a.backend_xmin, a.backend_xid) > 0
    union all
    select
        'prepared transaction' as kind, x.gid as name, null as pid, age(x.transaction) as age_transactions,
        x.prepared as since,
        format('a prepared transaction of %s that was neither committed nor rolled back', x.owner) as meaning,
        format('rollback prepared %L; or: commit prepared %L;', x.gid, x.gid) as hint
    from pg_catalog.pg_prepared_xacts as x
    where x.database = pg_catalog.current_database()
    union all
    select
        'replication slot' as kind, s.slot_name as name, s.active_pid as pid, age(s.xmin) as age_transactions,
        null as since,
        case when s.active then 'a slot whose standby sends feedback' else 'a slot that nobody reads' end as meaning,
        format('select pg_drop_replication_slot(%L); if nobody will read it again', s.slot_name) as hint
    from pg_catalog.pg_replication_slots as s
    where s.xmin is not null
    union all
    select
        'standby' as kind, coalesce(nullif(r.application_name, ''), host(r.client_addr), 'a standby') as name, r.pid,
        age(r.backend_xmin) as age_transactions, r.backend_start as since,
        'a query on a standby with hot_standby_feedback' as meaning,
        'On the standby: select pid, xact_start, query from pg_stat_activity order by xact_start;' as hint
    from pg_catalog.pg_stat_replication as r
    where r.backend_xmin is not null
    union all
    select
        'not known' as kind, format('%s sessions of others', count(*)) as name, null as pid, null as age_transactions,
        null as since, 'this role does not see what they hold' as meaning,
        format('grant pg_read_all_stats to %I;', current_user) as hint
    from pg_catalog.pg_stat_activity as a
    where a.datname = pg_catalog.current_database() and a.pid <> pg_catalog.pg_backend_pid()
        and a.backend_type is null
    having count(*) > 0
) as h
order by h.age_transactions desc nulls last, h.since asc;

comment on view pydb.vacuum_holder is
'What keeps vacuum from taking away rows that were deleted, oldest first: open transactions of this database, prepared
ones, replication slots, standbys that send feedback; and what this role cannot see.';
comment on column pydb.vacuum_holder.kind is
'transaction, prepared transaction, replication slot, standby, or not known (without pg_read_all_stats).';
comment on column pydb.vacuum_holder.name is 'Application and role, gid, slot, or name of the standby.';
comment on column pydb.vacuum_holder.pid is 'Server process, where there is one.';
comment on column pydb.vacuum_holder.age_transactions is
'How many transactions ago: rows that were deleted since then stay. The greatest is the one that counts.';
comment on column pydb.vacuum_holder.since is 'Since when, where that is known.';
comment on column pydb.vacuum_holder.meaning is 'What it is.';
comment on column pydb.vacuum_holder.hint is 'What would end it: look who it is first.';

revoke all on pydb.vacuum_holder from public;
