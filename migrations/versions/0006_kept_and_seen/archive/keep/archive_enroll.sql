-- pydb_internal.archive_enroll (keep; by archive_open): note that a run archives into a table.
-- reads pydb.job_run, pydb.archive_table   writes pydb.archive_run   locks nothing
-- raises YD005
create or replace function pydb_internal.archive_enroll(p_run_id bigint, p_archive oid)
returns void
language plpgsql
security definer -- nobody else writes what archives hold
set search_path = pg_catalog, pg_temp
as $$
begin
    if not pydb_internal.archive_is_filled_by(p_run_id) then
        raise exception using errcode = 'YD005', message = format('run %s archives nothing', p_run_id),
            detail = 'It is no live run of this process that deletes.', hint = 'psql: \df pydb.archive*';
    end if;
    -- an index on the run would take a quarter of the time of an insert: rows are appended, so their blocks are known
    insert into pydb.archive_run (
        run_id, archive, source_name, filenode, from_block, signature, columns, search_path, time_column,
        export_policy
    )
    select
        p_run_id, t.archive, pydb_internal.relation_name(t.source), pg_relation_filenode(t.archive),
        greatest(pg_relation_size(t.archive) / current_setting('block_size')::bigint - 1, 0),
        pydb_internal.archive_signature(t.source, t.archive),
        array(select c.name from pydb_internal.archive_columns(t.source) as c order by c.place),
        pydb_internal.application_path(), (
            select a.attname
            from pydb.job_run as r
            inner join pg_attribute as a on a.attrelid = t.archive and a.attname = r.plan ->> 'time_column'
            where r.id = p_run_id and not a.attisdropped
                and a.atttypid in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)
                and pydb_internal.archive_top((r.plan ->> 'target')::oid) = t.source
        ), (select r.subject from pydb.job_run as r where r.id = p_run_id and r.run_kind = 'export')
    from pydb.archive_table as t
    where t.archive = p_archive
    on conflict (run_id, archive) do update set
        signature = excluded.signature, columns = excluded.columns, time_column = excluded.time_column;
end
$$;

comment on function pydb_internal.archive_enroll(bigint, oid) is
'Enters a live run of this process into pydb.archive_run for an archive; YD005 for any other run.';

revoke all on function pydb_internal.archive_enroll(bigint, oid) from public;
