-- pydb_internal.run_audit (audit): enter into the audit log what a run did that is closed now, under who ran it.
-- reads pydb_internal.run_kind   writes pydb.audit_log   locks nothing
-- raises nothing
create or replace function pydb_internal.run_audit(p_run pydb.job_run, p_subject text, p_arguments jsonb)
returns void
language plpgsql -- it keeps its plan
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_current_xact_id(); -- before it gets its id: see audit_seal_batch
    insert into pydb.audit_log (actor, action, subject, arguments, run_id)
    select
        p_run.actor, k.audit_action, coalesce(p_subject, p_run.plan ->> 'reference', p_run.subject),
        jsonb_strip_nulls(jsonb_build_object(
            'cutoff', p_run.cutoff, 'mode', p_run.plan ->> 'mode', 'now', p_run.detail ->> 'now',
            'closed_by', case when p_run.actor <> session_user then session_user end
        )) || coalesce(p_arguments, '{}') || jsonb_build_object(
            'rows_done', p_run.rows_done, 'state', p_run.state, 'reason', p_run.stop_reason
        ),
        p_run.id
    from pydb_internal.run_kind as k
    where k.name = p_run.run_kind and k.audit_action is not null and p_run.rows_done > 0;
end
$$;

comment on function pydb_internal.run_audit(pydb.job_run, text, jsonb) is
'Audits a closed run that did something, however it ended. For routines that run as the owner: nobody else may call
it.';

revoke all on function pydb_internal.run_audit(pydb.job_run, text, jsonb) from public;
