-- pydb_internal.orphan_faults_end (repair): the end of a repair some of whose rows were kept by errors.
-- reads pg_db_role_setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_faults_end(
    p_run pydb_internal.run_state,
    p_work pydb_internal.orphan_repair_work,
    p_done bigint
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    p_run.state := case
        when p_done > 0 or p_work.refused + p_work.locked > 0 then 'partial'
        -- somebody wants these rows as they are; else something is broken
        when p_work.fault_code like any (array['P0001', '23%']) then 'blocked'
        else (pydb_internal.run_fault(p_work.fault_code)).state
    end;
    p_run.reason := 'error';
    p_run.skipped := greatest(p_run.skipped, p_work.refused + p_work.locked + p_work.faulty);
    p_run.sqlstate := p_work.fault_code;
    p_run.error := format(
        '%s refused to be %s, the first said: %s', pydb_internal.rows_text(p_work.faulty), p_work.verb, p_work.fault
    );
    p_run.hint := coalesce(
        pydb_internal.application_cure(p_work.fault_code),
        format('select tgname from pg_trigger where tgrelid = %L::regclass and not tgisinternal; -- what may keep them',
            pydb_internal.relation_name((p_work.edge).child))
    );
    p_run.detail := coalesce(p_run.detail, '{}') || jsonb_strip_nulls(
        jsonb_build_object('faulty', p_work.faulty, 'context', p_work.fault_place)
    );
    return p_run;
end
$$;

comment on function pydb_internal.orphan_faults_end(
    pydb_internal.run_state, pydb_internal.orphan_repair_work, bigint
) is
'The run, at its end or because too many rows are kept by errors: partial, or as the error says where nothing was done;
reason error, with SQLSTATE and message of the first.';

revoke all on function pydb_internal.orphan_faults_end(
    pydb_internal.run_state, pydb_internal.orphan_repair_work, bigint
) from public;
