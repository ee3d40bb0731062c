-- pydb_internal.archive_purge_rows (purge; by archive_purge_turn): remove from some blocks of an archive what it has
-- kept long enough, and note it.
-- reads pydb.archive_list   writes the archive, pydb.archive_run   locks the rows it deletes
-- raises YD005
create or replace function pydb_internal.archive_purge_rows(
    p_run_id bigint,
    p_archive oid,
    p_from_block bigint,
    p_to_block bigint
)
returns bigint
language plpgsql
security definer -- nobody else takes rows out of an archive but a restore; what is due it decides by itself
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_due bigint[];
    v_gone jsonb;
    v_rows bigint;
begin
    if not pydb_internal.run_is_own(p_run_id, 'archive_purge')
        or not exists (select from pydb.archive_table as t where t.archive = p_archive)
    then
        raise exception using errcode = 'YD005', message = format('run %s purges nothing', p_run_id),
            detail = 'It is no live purge of this process, or that is no archive.', hint = 'call pydb.archive_purge();';
    end if;
    perform pydb_internal.archive_enter(p_archive);
    -- what is being restored stays for this time
    v_due := array(
        select l.run_id
        from (
            select r.run_id from pydb.archive_list as r
            where r.archive = p_archive and r.until < v_now
            offset 0
        ) as l
        where pg_try_advisory_xact_lock(hashtextextended('pydb.archive_run', l.run_id))
    );
    execute format(
        'with gone as (
            delete from %s as a where a.ctid >= %L::tid and a.ctid < %L::tid and a.pydb_run_id = any($1)%s
            returning a.pydb_run_id
        )
        select jsonb_object_agg(g.pydb_run_id, g.rows), sum(g.rows) from (
            select o.pydb_run_id, count(*) as rows from gone as o group by o.pydb_run_id
        ) as g', pydb_internal.relation_name(p_archive), format('(%s,0)', p_from_block),
        format('(%s,0)', p_to_block), pydb_internal.archive_free_condition(p_archive)
    ) into v_gone, v_rows using v_due;
    update pydb.archive_run as a set purged = a.purged + g.value::bigint
    from jsonb_each_text(v_gone) as g
    where a.run_id = g.key::bigint and a.archive = p_archive;
    return coalesce(v_rows, 0);
end
$$;

comment on function pydb_internal.archive_purge_rows(bigint, oid, bigint, bigint) is
'Deletes from blocks of an archive the rows of runs whose time is over by the server''s clock, adds them to
pydb.archive_run.purged, and returns how many; YD005 unless a live purge of this process says so.';

revoke all on function pydb_internal.archive_purge_rows(bigint, oid, bigint, bigint) from public;
