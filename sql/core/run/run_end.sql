-- pydb_internal.run_end (run): close a run in the log, or enter one that never began, and say in the audit log what it
-- did.
-- writes pydb.job_run, pydb.metric_total, pydb.audit_log   locks the run's row
-- raises nothing
create or replace function pydb_internal.run_end(p_run pydb_internal.run_state)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind constant pydb_internal.run_kind := pydb_internal.run_kind_get(p_run.kind);
    v_is_clean constant boolean := p_run.reason = 'exhausted';
    -- the server's own words beside its message
    v_said constant jsonb := case when v_is_clean then '{}' else jsonb_strip_nulls(
        jsonb_build_object('detail', p_run.error_detail, 'hint', p_run.hint)
    ) end;
begin
    if p_run.run_id is null then
        perform pydb_internal.run_log_unstarted(
            v_kind.job_kind, p_run.subject, p_run.dry_run, p_run.request, p_run.state, p_run.reason, p_run.error,
            p_run.sqlstate, v_said
        );
    else
        if p_run.tally is not null then
            perform pydb_internal.total_batches(p_run.run_id, p_run.tally);
        end if;
        perform pydb_internal.run_close(
            p_run.run_id, p_run.state, p_run.reason, p_run.skipped, case when not v_is_clean then p_run.sqlstate end,
            case when not v_is_clean then p_run.error end,
            coalesce(p_run.detail, '{}') || v_said || jsonb_strip_nulls(
                jsonb_build_object('retries', nullif(p_run.retries, 0))
            ),
            p_run.audit_subject, p_run.audit
        );
    end if;
end
$$;

comment on function pydb_internal.run_end(pydb_internal.run_state) is
'Closes a run that has a state, or logs one that was never opened; audited if it did something. Does nothing where it is
closed already.';

revoke all on function pydb_internal.run_end(pydb_internal.run_state) from public;
