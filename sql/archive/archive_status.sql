-- pydb.archive_status: the archives: size, age and how long they keep.
-- reads pydb.archive_table, pydb.archive_run, pydb.setting, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace view pydb.archive_status as
with kept as (
    select
        a.archive,
        sum(a.rows - a.restored - a.purged) as rows,
        count(*) as runs,
        min(a.first_at) as oldest,
        max(a.last_at) as newest,
        min(a.last_at) filter (where a.export_policy is null) as oldest_run,
        sum(a.rows - a.restored - a.purged) filter (
            where a.export_policy is null -- what is on its way to files is not purged
                and a.last_at + coalesce(t.keep, s.value::interval) < pg_catalog.now() + interval '1 day'
        ) as due
    from pydb.archive_run as a
    left join pydb.archive_table as t on t.archive = a.archive
    left join pydb.setting as s on s.name = 'archive_keep'
    where a.rows > a.restored + a.purged
    group by a.archive
),

filed as (
    select
        a.archive,
        sum(a.exported) as rows
    from pydb.archive_run as a
    group by a.archive
)

select
    t.source_name as relation,
    t.archive,
    coalesce(l.rows, 0)::bigint as rows,
    case when c.oid is not null then pg_catalog.pg_total_relation_size(t.archive) end as bytes,
    coalesce(l.runs, 0)::bigint as runs,
    l.oldest,
    l.newest,
    coalesce(t.keep, s.value::interval) as keep,
    l.oldest_run + coalesce(t.keep, s.value::interval) as until,
    case
        when c.oid is null then 'archive_gone'
        when k.oid is null then 'table_gone'
        when l.oldest_run + coalesce(t.keep, s.value::interval) < pg_catalog.now() - interval '2 days' then 'overdue'
        else 'ok'
    end as state,
    coalesce(f.rows, 0)::bigint as exported,
    coalesce(l.due, 0)::bigint as due
from pydb.archive_table as t
left join pg_catalog.pg_class as c on c.oid = t.archive
left join pg_catalog.pg_class as k on k.oid = t.source
left join pydb.setting as s on s.name = 'archive_keep'
left join kept as l on l.archive = t.archive
left join filed as f on f.archive = t.archive;

comment on view pydb.archive_status is 'Archive tables: how much is in them, since when, and until when.';
comment on column pydb.archive_status.relation is
'Table whose rows it keeps, as it was called when the archive was made.';
comment on column pydb.archive_status.archive is 'The archive table.';
comment on column pydb.archive_status.rows is 'Rows that are in it.';
comment on column pydb.archive_status.bytes is
'Its size with all that belongs to it: TOAST, and indexes that somebody made.';
comment on column pydb.archive_status.runs is 'Runs that have rows in it.';
comment on column pydb.archive_status.oldest is 'When the oldest of them were archived.';
comment on column pydb.archive_status.newest is 'When the newest were.';
comment on column pydb.archive_status.keep is 'How long it keeps them; null = for ever.';
comment on column pydb.archive_status.until is 'When the oldest run leaves it.';
comment on column pydb.archive_status.state is
'ok; overdue: what should have left two days ago is there; table_gone: there is nothing to put rows back into;
archive_gone: somebody dropped the archive.';
comment on column pydb.archive_status.exported is 'Rows that went from it to verified files.';
comment on column pydb.archive_status.due is 'Rows that a purge takes within a day.';

revoke all on pydb.archive_status from public;
