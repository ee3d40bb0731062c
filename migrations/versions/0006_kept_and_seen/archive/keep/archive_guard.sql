-- pydb_internal.archive_guard (keep; trigger): nobody writes an archive but a live run of this process that may.
-- reads pydb.job_run, pydb.archive_run, pydb.archive_table   writes nothing   locks nothing
-- raises YD005
create or replace function pydb_internal.archive_guard()
returns trigger
language plpgsql -- as the role that writes: its rights on the table count
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
begin
    if tg_op = 'INSERT' and exists (
        select
        from pydb.archive_run as a
        inner join pydb.job_run as r on r.id = a.run_id
        inner join pydb.archive_table as t on t.archive = a.archive
        where a.archive = tg_relid and r.pid = pg_backend_pid() and r.started_at >= statement_timestamp()
            and r.state in ('running', 'queued') and not r.dry_run and r.run_kind in ('retention', 'export', 'cascade')
            and (
                has_table_privilege(t.source, 'DELETE') or exists (
                    select from pg_partition_tree(t.source) as p
                    where p.isleaf and has_table_privilege(p.relid, 'DELETE')
                )
            )
    ) then
        return null;
    elsif tg_op = 'DELETE' and exists (
        select
        from pydb.job_run as r
        where r.pid = pg_backend_pid() and r.started_at >= statement_timestamp() and r.state in ('running', 'queued')
            -- whoever may run anything can open a run of any kind: what goes for good, or for a file, goes by a routine
            -- that runs as its owner and has looked for itself; what comes back goes by who may put it there
            and case when r.run_kind = 'archive_restore' then exists (
                select
                from pydb.archive_table as t
                left join lateral pg_partition_tree(t.source) as p on p.isleaf
                where t.archive = tg_relid and (
                    has_any_column_privilege(t.source, 'INSERT') or has_any_column_privilege(p.relid, 'INSERT')
                )
            ) else r.run_kind in ('archive_purge', 'archive_export', 'cascade') and exists (
                select from pg_proc as f
                where f.oid = 'pydb_internal.archive_guard'::regproc and pg_get_userbyid(f.proowner) = current_user
            ) end
    ) then
        return null;
    end if;
    raise exception using errcode = 'YD005',
        message = format('%s of archive %s is refused', lower(tg_op), pydb_internal.relation_name(tg_relid)),
        detail = 'Rows come into an archive by the delete of a run, and leave it by a restore, a purge, for a '
            'file, or at their end.',
        hint = 'psql: \df pydb.archive*';
end
$$;

comment on function pydb_internal.archive_guard() is
'Lets in what a run of this process deletes from a table where the role may delete, and out what it restores,
exports or purges (a restore: whoever may insert into the table); YD005 for all else, for the owner too.';

revoke all on function pydb_internal.archive_guard() from public;
