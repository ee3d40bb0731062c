-- pydb_internal.run_blame (application; by run_drive): a run that an error has ended, with where in the application's
-- code it was raised.
-- reads pg_db_role_setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_blame(p_run pydb_internal.run_state, p_context text)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_said constant text := pydb_internal.application_said(p_context);
begin
    if p_run.state is not null and v_said is not null then
        p_run.detail := coalesce(p_run.detail, '{}') || jsonb_build_object('context', v_said);
        p_run.hint := coalesce(p_run.hint, pydb_internal.application_cure(p_run.sqlstate));
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.run_blame(pydb_internal.run_state, text) is
'The run; where it has a state and p_context (PG_EXCEPTION_CONTEXT) names code of the application, that is in detail
(context), and where it fits a cure in hint.';

revoke all on function pydb_internal.run_blame(pydb_internal.run_state, text) from public;
