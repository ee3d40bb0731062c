-- pydb.archive_write_off: take the rows of archives that somebody dropped out of the books; audited.
-- reads pydb.archive_run, the catalog   writes pydb.archive_run, pydb.audit_log   locks the runs' rows there
-- raises YD001 YD007 YD604
create or replace function pydb.archive_write_off(p_relation text, p_reason text)
returns bigint
language plpgsql
security definer -- nobody else writes what archives hold
set search_path = pg_catalog, pg_temp
as $$
declare
    v_runs bigint[];
    v_rows bigint;
begin
    perform pydb_internal.run_check_read_write();
    if coalesce(btrim(p_reason), '') = '' then
        raise exception using errcode = 'YD001', message = 'to write rows off needs a reason',
            detail = 'It stands in the audit log.', hint = 'p_reason => ''dropped with the old schema, ticket 12''';
    end if;
    with lost as (
        select a.run_id, a.archive, a.rows - a.restored - a.purged as rows
        from pydb.archive_run as a
        where a.source_name = p_relation and a.rows > a.restored + a.purged
            and not exists (select from pg_class as c where c.oid = a.archive)
        for update
    ),

    gone as (
        update pydb.archive_run as a set purged = a.rows - a.restored
        from lost as l
        where a.run_id = l.run_id and a.archive = l.archive
        returning l.run_id, l.rows
    )
    select array_agg(g.run_id order by g.run_id), sum(g.rows)::bigint into v_runs, v_rows from gone as g;
    if v_rows is null then
        raise exception using errcode = 'YD604', message = format('no archived row of %L is lost', p_relation),
            detail = 'What is written off are rows of archives that were dropped.',
            hint = 'select * from pydb.archive_list;';
    end if;
    perform pydb_internal.audit_add('archive_write_off', p_relation, jsonb_build_object(
        'rows', v_rows, 'runs', to_jsonb(v_runs), 'reason', p_reason
    ), null);
    return v_rows;
end
$$;

comment on function pydb.archive_write_off(text, text) is
'Notes that the rows of a table (its name as in pydb.archive_list.relation) that were in an archive which somebody
dropped are gone for good, and returns how many. Until then pydb.health reports them, also when a run has made the
archive anew. Rows of an archive that is there are left alone.';

revoke all on function pydb.archive_write_off(text, text) from public;
