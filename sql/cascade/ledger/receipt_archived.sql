-- pydb_internal.receipt_archived (ledger; by cascade_receipt): the archived copies of what some runs deleted.
-- reads pydb.archive_run, pydb.archive_table, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.receipt_archived(p_runs bigint[])
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(jsonb_agg(jsonb_build_object(
        'run', a.run_id, 'archive', pydb_internal.relation_name(a.archive), 'table', a.source_name, 'rows', a.rows,
        'left', a.rows - a.restored - a.purged, 'restored', a.restored, 'purged', a.purged,
        'until', a.last_at + coalesce(t.keep, pydb_internal.setting_get(p_name => 'archive_keep')::interval)
    ) order by a.run_id, a.source_name), '[]')
    from pydb.archive_run as a
    left join pydb.archive_table as t on t.archive = a.archive
    where a.run_id = any(p_runs);
$$;

comment on function pydb_internal.receipt_archived(bigint[]) is
'Array: archive, table, rows, how many of them are left there, and until when (null = for ever).';

revoke all on function pydb_internal.receipt_archived(bigint[]) from public;
