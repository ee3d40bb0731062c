-- pydb_internal.orphan_scan_verdict (scan; by orphan_scan_open): the state in which a scan ends that has been at every
-- reference.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_scan_verdict(
    p_run pydb_internal.run_state,
    p_work pydb_internal.orphan_scan_work
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    p_run.said := pydb_internal.rows_text(p_work.orphans) || ' without a parent';
    p_run.detail := coalesce(p_run.detail, '{}') || jsonb_build_object('orphans', p_work.orphans);
    if p_work.failed + p_work.skipped + p_work.partial + p_work.held = 0 then
        p_run.state := 'completed';
        p_run.reason := 'exhausted';
        return p_run;
    end if;
    p_run.state := case when p_work.failed > 0 then 'failed' else 'partial' end;
    p_run.reason := case when p_work.held > 0 and p_work.failed + p_work.skipped = 0 then 'locked' else 'error' end;
    p_run.sqlstate := p_work.sqlstate;
    p_run.error := format(
        'not checked completely: %s with an error, %s skipped, %s in part, %s held by another session; '
        || 'see pydb.orphan_list', p_work.failed, p_work.skipped, p_work.partial, p_work.held
    );
    p_run.hint := 'select * from pydb.orphan_list where status <> ''complete'';';
    return p_run;
end
$$;

comment on function pydb_internal.orphan_scan_verdict(pydb_internal.run_state, pydb_internal.orphan_scan_work) is
'The run with its end: completed if every reference was checked completely; partial or failed, and why, if not.';

revoke all on function pydb_internal.orphan_scan_verdict(pydb_internal.run_state, pydb_internal.orphan_scan_work)
    from public;
