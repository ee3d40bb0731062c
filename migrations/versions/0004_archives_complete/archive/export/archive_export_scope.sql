-- pydb_internal.archive_export_scope (export): what an export of archived rows is about.
-- reads pydb.archive_run, pydb.archive_table   writes nothing   locks nothing
-- raises YD001 YD604
create or replace function pydb_internal.archive_export_scope(
    p_run_id bigint,
    p_table regclass,
    p_leave boolean
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_archive oid;
begin
    if p_run_id is null and p_table is null then
        raise exception using errcode = 'YD001', message = 'a run or a table says what is exported',
            detail = 'p_run_id and p_table are both null.', hint = 'select * from pydb.archive_list where rows > 0;';
    end if;
    if p_table is not null then
        select t.archive::oid into v_archive
        from pydb.archive_table as t
        where t.source = pydb_internal.archive_top(p_table) or t.archive = p_table;
        if not found then
            raise exception using errcode = 'YD604',
                message = format('%s has no archive', pydb_internal.relation_name(p_table)),
                detail = 'Nothing of it was archived.', hint = 'select * from pydb.archive_status;';
        end if;
    end if;
    if not exists (
        select from pydb.archive_run as r
        where (p_run_id is null or r.run_id = p_run_id) and (v_archive is null or r.archive = v_archive)
    ) then
        raise exception using errcode = 'YD604', message = concat_ws(
                ' ', format('run %s has archived nothing', p_run_id), 'of ' || pydb_internal.relation_name(p_table)
            ),
            detail = 'Only what a run put into an archive can be exported from it.',
            hint = 'select * from pydb.archive_list order by run_id desc limit 10;';
    end if;
    return jsonb_build_object('run', p_run_id, 'archive', v_archive, 'leave', p_leave, 'subject', concat_ws(
        ' ', 'run ' || p_run_id, pydb_internal.relation_name(p_table)
    ));
end
$$;

comment on function pydb_internal.archive_export_scope(bigint, regclass, boolean) is
'Object: run, archive (null = all), leave (nothing is taken out) and the subject of the run; YD604 where no archive ever
had any of it.';

revoke all on function pydb_internal.archive_export_scope(bigint, regclass, boolean) from public;
