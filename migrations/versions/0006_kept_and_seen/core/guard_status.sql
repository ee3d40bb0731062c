-- pydb.guard_status: whether this is the database that pydb may delete in, and what differs where it is not.
-- reads pydb.guard_server, pydb_internal.run_kind, the control file   locks nothing
-- raises nothing
create or replace view pydb.guard_status as
select
    case
        when pg_catalog.pg_is_in_recovery() then 'standby'
        when d.problem is not null and (g.allow_next or g.allow_until is not null)
            and coalesce(g.allow_until > pg_catalog.clock_timestamp(), true) then 'allowed'
        when d.problem is not null then 'held'
        when g.is_it is null then 'open'
        else 'ok'
    end as state,
    d.problem,
    g.system_identifier,
    g.timeline,
    g.database_oid,
    g.database_name,
    g.remembered_at,
    g.remembered_by,
    g.allow_next,
    g.allow_until,
    g.allow_by,
    g.allow_reason,
    n.system_identifier as found_system_identifier,
    n.timeline as found_timeline,
    n.database_oid as found_database_oid,
    n.database_name as found_database_name,
    case
        when d.problem is null or (
            (g.allow_next or g.allow_until is not null)
            and coalesce(g.allow_until > pg_catalog.clock_timestamp(), true)
        ) then '{}'::text[]
        else array(select k.name from pydb_internal.run_kind as k where k.deletes order by k.name)
    end as blocks
from (select case when not pg_catalog.pg_is_in_recovery() then pydb_internal.guard_problem() end as problem) as d
cross join lateral pydb_internal.guard_read() as n
left join pydb.guard_server as g on true;

comment on view pydb.guard_status is
'One row: may pydb delete in this database, or was it restored, promoted or copied. select pydb.guard_allow(reason)
lets it.';
comment on column pydb.guard_status.state is
'ok; held (deleting runs are blocked); allowed (it is another one, and the next run takes it as allowed beforehand);
standby (nothing can be deleted here); open (nothing is remembered yet: the first deleting run does).';
comment on column pydb.guard_status.problem is 'What happened to it, by what differs; null = nothing.';
comment on column pydb.guard_status.system_identifier is 'Server that is remembered.';
comment on column pydb.guard_status.timeline is
'Its timeline: a promotion and a restore to a point in time begin a new one.';
comment on column pydb.guard_status.database_oid is 'Database that is remembered.';
comment on column pydb.guard_status.database_name is 'Its name then; another name alone is no difference.';
comment on column pydb.guard_status.remembered_at is 'When that was.';
comment on column pydb.guard_status.remembered_by is 'Login role whose run, or whose word, it was.';
comment on column pydb.guard_status.allow_next is 'True: the next change is allowed, once.';
comment on column pydb.guard_status.allow_until is 'Until then a change is allowed; null = none is, or without an end.';
comment on column pydb.guard_status.allow_by is 'Login role that allowed it beforehand.';
comment on column pydb.guard_status.allow_reason is 'Why, in its words.';
comment on column pydb.guard_status.found_system_identifier is 'The server as it is found now; null = cannot be known.';
comment on column pydb.guard_status.found_timeline is
'Its timeline now; null on a standby, or where it cannot be known.';
comment on column pydb.guard_status.found_database_oid is 'This database.';
comment on column pydb.guard_status.found_database_name is 'Its name now.';
comment on column pydb.guard_status.blocks is
'Kinds of runs that are blocked by it, as are single cascades; {} = none.';

revoke all on pydb.guard_status from public;
