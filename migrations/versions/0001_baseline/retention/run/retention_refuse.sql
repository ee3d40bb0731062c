-- pydb_internal.retention_refuse (run; by retention_run_policy): log a run that could not even be opened, so that one
-- policy's trouble is not the others'.
-- writes pydb.job_run   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_refuse(
    p_policy text,
    p_dry_run boolean,
    p_request uuid,
    p_sqlstate text,
    p_error text,
    p_hint text
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_walk jsonb := jsonb_build_object(
        'policy', p_policy, 'dry_run', p_dry_run, 'done', 0, 'sqlstate', p_sqlstate, 'error', p_error, 'hint', p_hint
    ) || case p_sqlstate
        when '57014' then '{"state": "cancelled", "reason": "cancelled", "halt": "cancelled"}'::jsonb
        -- dropped since the call began
        when 'YD002' then '{"state": "skipped", "reason": "cancelled"}'
        -- another session is about to open or to close a run of this policy
        when '55P03' then '{"state": "skipped", "reason": "locked"}'
        else '{"state": "failed", "reason": "error"}'
    end;
begin
    perform pydb_internal.run_log_unstarted(
        'retention', p_policy, p_dry_run, p_request, v_walk ->> 'state', v_walk ->> 'reason', p_error, p_sqlstate
    );
    return v_walk;
end
$$;

comment on function pydb_internal.retention_refuse(text, boolean, uuid, text, text, text) is
'State of a walk whose run could not be opened, noted in the log: skipped, cancelled or failed.';

revoke all on function pydb_internal.retention_refuse(text, boolean, uuid, text, text, text) from public;
