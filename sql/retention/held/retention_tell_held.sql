-- pydb_internal.retention_tell_held (held; by retention_next_pass): note at the end of a run which holds kept rows.
-- reads the target, and what its rows are held by   writes nothing   locks nothing above a select
-- raises YD103 YD114 YD704
create or replace function pydb_internal.retention_tell_held(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_work pydb_internal.retention_work
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_names text[];
    v_said jsonb;
begin
    v_names := pydb_internal.retention_held_by(p_policy, p_work.cutoff);
    v_said := jsonb_build_object('held_rows', p_work.held, 'holds', to_jsonb(v_names));
    p_run.detail := coalesce(p_run.detail, '{}') || v_said;
    p_run.audit := coalesce(p_run.audit, '{}') || v_said;
    if p_run.reason = 'held' then
        p_run.error := format(
            '%s kept by holds: %s', pydb_internal.rows_text(p_work.held), array_to_string(v_names, ', ')
        );
        p_run.hint := format('select * from pydb.hold_status where name = %L;', v_names[1]);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.retention_tell_held(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work
) is 'The run with the rows that stay for a hold, and the names of the holds, in its log and in the audit log.';

revoke all on function pydb_internal.retention_tell_held(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.retention_work
) from public;
