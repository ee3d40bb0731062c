-- pydb_internal.retention_faults_end (run): the end of a run some of whose rows were kept by errors, and before that
-- a bound to how many it looks for.
-- reads pg_db_role_setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_faults_end(
    p_run pydb_internal.run_state,
    p_work pydb_internal.retention_work,
    p_is_over boolean
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- the rows of the batch are not in the sum yet
    v_done constant bigint := p_run.done + coalesce(p_run.rows, 0);
begin
    if p_work.faulty > 0
        and (p_is_over or p_work.faulty >= pydb_internal.application_patience(p_work.fault_code, v_done))
    then
        p_run.state := case v_done
            when 0 then case
                -- somebody wants these rows kept; else something is broken
                when p_work.fault_code like any (array['P0001', '23%']) then 'blocked'
                else (pydb_internal.run_fault(p_work.fault_code)).state
            end
            else 'partial'
        end;
        p_run.reason := 'error';
        p_run.skipped := p_work.locked + p_work.kept + p_work.refused + p_work.blocked + p_work.faulty;
        p_run.sqlstate := p_work.fault_code;
        p_run.error := format(
            case when p_is_over then '%s refused to go, the first said: %s'
            else '%s refused to go, the run looks no further; the first said: %s' end,
            pydb_internal.rows_text(p_work.faulty), p_work.fault
        );
        p_run.hint := coalesce(
            pydb_internal.application_cure(p_work.fault_code),
            format('select * from pydb.retention_plan(%L); -- names what may keep them', p_run.subject)
        );
        p_run.detail := coalesce(p_run.detail, '{}') || jsonb_strip_nulls(
            jsonb_build_object('context', p_work.fault_place)
        );
    end if;
    if p_work.faults is not null then
        p_run.detail := coalesce(p_run.detail, '{}') || jsonb_build_object('refused', p_work.faults);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.retention_faults_end(
    pydb_internal.run_state, pydb_internal.retention_work, boolean
) is
'The run, at its end (p_is_over) or because too many rows are kept by errors: partial, or as the error says where
nothing went; reason error, with SQLSTATE and message of the first, and in detail.context where it was raised;
detail.refused has the rows by SQLSTATE.';

revoke all on function pydb_internal.retention_faults_end(
    pydb_internal.run_state, pydb_internal.retention_work, boolean
) from public;
