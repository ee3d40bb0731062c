-- pydb_internal.doctor_archive (doctor): how large the archives are, and whether they are purged.
-- reads pydb.archive_status, pydb.schedule_source, pydb.job_run, pg_class   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_archive()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    -- the log is asked too: any scheduler can call it
    v_is_purged constant boolean := exists (
        select from pydb_internal.schedule_sources() as s where s.procedure = 'archive_purge' and s.schedule is not null
    ) or exists (
        select from pydb.job_run as r
        where r.kind = 'archive' and r.subject = 'purge' and r.started_at > v_now - interval '8 days'
    );
begin
    return query
    select
        'archive', 'ok', 'kept', format(
            '%s %s: %s, %s', count(*), case when count(*) = 1 then 'archive' else 'archives' end,
            pydb_internal.rows_text(sum(a.rows)::bigint), pg_size_pretty(coalesce(sum(a.bytes), 0))
        ), concat_ws(
            '; ', 'the oldest since ' || to_char(min(a.oldest) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'),
            format('the next purge takes %s', pydb_internal.rows_text(sum(a.due)::bigint))
        ), null::text
    from pydb.archive_status as a
    having count(*) > 0;
    return query
    select
        'archive', 'error', 'archive_gone', format('the archive of %s was dropped', l.relation),
        format('The books say that it had %s.', pydb_internal.rows_text(sum(l.rows)::bigint)), format(
            'pydb archive list; if they are lost: select pydb.archive_write_off(%L, ''why'');', l.relation
        )
    from pydb_internal.archive_lost() as l
    group by l.relation
    order by l.relation;
    return query
    select 'archive', k.status, k.reason, k.what, k.said, k.hint
    from pydb.archive_status as a
    inner join pydb.archive_table as t on t.archive = a.archive
    cross join lateral (
        values
        (
            a.state = 'overdue', 'degraded', 'not_purged', format('the archive of %s is not purged', a.relation),
            format('%s should leave it, the first since %s.', pydb_internal.rows_text(a.due), to_char(
                a.until at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'
            )), 'pydb archive purge; for ever: pydb schedule sync, or keep this running: pydb schedule run'
        ),
        (
            a.state = 'ok' and a.rows > 0 and a.keep is not null and not v_is_purged, 'degraded', 'not_scheduled',
            format('nothing purges the archive of %s', a.relation),
            format('It keeps rows for %s; archive_purge has no schedule, and has not run for a week.', a.keep),
            'pydb schedule set archive_purge ''40 4 * * *''; pydb schedule sync'
        ),
        (
            a.keep is null and a.bytes > greatest(pg_total_relation_size(t.source), 10 * 1024 * 1024), 'degraded',
            'kept_for_ever', format('the archive of %s has outgrown its table, and keeps rows for ever', a.relation),
            format('%s, %s.', pydb_internal.rows_text(a.rows), pg_size_pretty(a.bytes)),
            pydb_internal.shell_command('pydb archive keep', array[a.relation, '1 year'])
        )
    ) as k (applies, status, reason, what, said, hint)
    where k.applies
    order by a.relation;
end
$$;

comment on function pydb_internal.doctor_archive() is
'Rows of pydb.doctor about archives: their size by the catalog and by the books, and what the next purge takes; degraded
where no purge comes, or one keeps rows for ever and has outgrown its table. None where nothing is archived.';

revoke all on function pydb_internal.doctor_archive() from public;
