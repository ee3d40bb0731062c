-- pydb.archive_keep_set: how long the archive of one table keeps its rows; audited.
-- reads pydb.archive_table   writes pydb.archive_table, pydb.audit_log   locks the archive's row there
-- raises YD001 YD007 YD604
create or replace function pydb.archive_keep_set(p_table regclass, p_keep interval)
returns pydb.archive_table
language plpgsql
security definer -- archives change only through their routines
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.archive_table;
    v_new pydb.archive_table;
begin
    perform pydb_internal.run_check_read_write();
    if not isfinite(p_keep) or p_keep < interval '1 day' or p_keep > interval '5000 years' then
        raise exception using errcode = 'YD001', message = format('an archive cannot keep rows for %s', p_keep),
            detail = 'It is one day to 5000 years; null is what the setting archive_keep says.',
            hint = 'p_keep => interval ''90 days''';
    end if;
    select t.* into v_old
    from pydb.archive_table as t
    where pydb_internal.archive_top(p_table) = t.source or p_table = t.archive
    for update;
    if not found then
        raise exception using errcode = 'YD604',
            message = format('%s has no archive', pydb_internal.relation_name(p_table)),
            detail = 'The first run that archives, or a policy with p_action => ''archive'', makes it.',
            hint = 'select * from pydb.archive_status;';
    end if;
    update pydb.archive_table as t set keep = p_keep where t.archive = v_old.archive returning t.* into v_new;
    perform pydb_internal.audit_add('archive_keep_set', v_new.source_name, jsonb_build_object(
        'old', v_old.keep, 'new', v_new.keep
    ), null);
    return v_new;
end
$$;

comment on function pydb.archive_keep_set(regclass, interval) is
'Sets how long the archive of a table keeps what is in it and what will come (null: as long as the setting archive_keep
says); pydb.archive_purge removes what is older.';

revoke all on function pydb.archive_keep_set(regclass, interval) from public;
