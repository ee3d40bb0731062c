-- pydb_internal.run_refuse (run; by run_drive): log a run that could not even be opened, so that one subject's trouble
-- is not the others'.
-- writes pydb.job_run   locks nothing
-- raises nothing
create or replace function pydb_internal.run_refuse(
    p_run pydb_internal.run_state,
    p_sqlstate text,
    p_error text,
    p_hint text
)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    p_run := (pydb_internal.run_react(p_run, null, p_sqlstate, p_error, p_hint)).run;
    if p_sqlstate = '55P03' then
        p_run.state := 'skipped'; -- another session is about to open or to close a run of the same
        p_run.reason := 'locked';
    elsif p_run.state is null then
        p_run.state := 'failed';
        p_run.reason := 'error';
    end if;
    perform pydb_internal.run_log_unstarted(
        (pydb_internal.run_kind_get(p_run.kind)).job_kind, p_run.subject, p_run.dry_run, p_run.request, p_run.state,
        p_run.reason, p_error, p_sqlstate
    );
    return p_run;
end
$$;

comment on function pydb_internal.run_refuse(pydb_internal.run_state, text, text, text) is
'A run that could not be opened, noted in the log: skipped, blocked, cancelled or failed.';

revoke all on function pydb_internal.run_refuse(pydb_internal.run_state, text, text, text) from public;
