-- pydb_internal.metric_archive (metric; by metric_collect): what is in archives, by their books.
-- reads pydb.archive_run, pydb.archive_table, pydb.metric_total, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_archive()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with kept as materialized (
        select
            t.source_name as relation,
            sum(a.rows - a.restored - a.purged)::float8 as rows,
            min(a.first_at) filter (where a.rows > a.restored + a.purged) as oldest
        from pydb.archive_table as t
        inner join pg_class as c on c.oid = t.archive
        left join pydb.archive_run as a on a.archive = t.archive
        group by t.source_name, c.oid
    )
    select 'lifecycle_archive_rows_total', jsonb_build_object('policy', t.subject), sum(t.value)::float8
    from pydb.metric_total as t
    where t.metric = 'rows' and t.label = 'archived' and t.subsystem = 'retention'
    group by t.subject
    union all
    select 'lifecycle_archive_unmatched_rows', '{}', coalesce(sum(l.rows), 0)::float8
    from pydb_internal.archive_lost() as l
    union all
    select u.name, jsonb_build_object('relation', k.relation), u.value
    from (select o.* from kept as o order by o.rows desc nulls last limit 200) as k
    cross join lateral (
        values
        ('lifecycle_archive_rows', coalesce(k.rows, 0)),
        ('lifecycle_archive_oldest_age_seconds', extract(epoch from clock_timestamp() - k.oldest)::float8)
    ) as u (name, value);
$$;

comment on function pydb_internal.metric_archive() is 'Samples of the collector archive.';

revoke all on function pydb_internal.metric_archive() from public;
