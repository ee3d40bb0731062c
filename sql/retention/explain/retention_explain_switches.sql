-- pydb_internal.retention_explain_switches (explain; by retention_policy_explain): whether a policy may run and when it
-- is due: enabled, paused, kill switch, schedule, and what else keeps the current role from deleting.
-- reads settings, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_explain_switches(p_policy pydb.retention_policy, p_now timestamptz)
returns setof pydb_internal.retention_aspect
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kill constant boolean := pydb_internal.setting_get(p_name => 'kill_switch')::boolean;
    v_waiting constant text := pydb_internal.guard_waiting_problem(
        p_policy.name, pydb_internal.retention_version(p_policy)
    );
    v_restored constant text := pydb_internal.guard_problem();
    v_problem text;
    v_hint text;
begin
    return query values
        ('enabled', case when p_policy.enabled then 'ok' else 'blocks' end, p_policy.enabled::text, null::timestamptz,
            case when p_policy.enabled then 'runs take it' else 'the policy is disabled' end,
            case when not p_policy.enabled then 'Set the policy again with p_enabled => true.' end),
        ('paused', case when p_policy.paused_at is null then 'off' else 'blocks' end, p_policy.paused_reason,
            p_policy.paused_at, coalesce('the policy is paused by ' || p_policy.paused_by, 'it is not paused'),
            case when p_policy.paused_at is not null
                then format('select pydb.retention_resume(%L);', p_policy.name) end),
        ('kill_switch', case when v_kill then 'blocks' else 'off' end, v_kill::text, null,
            case when v_kill then 'the kill switch is on: no policy deletes anything' else 'it is off' end,
            case when v_kill then 'select pydb.retention_resume();' end),
        ('approval', case when v_waiting is null then 'ok' else 'blocks' end,
            pydb_internal.guard_approval(p_policy.name), null, coalesce(v_waiting, 'what the policy is now may run'),
            case when v_waiting is not null
                then format('select pydb.retention_policy_approve(%L);', p_policy.name) end),
        ('guard', case when v_restored is null then 'ok' else 'blocks' end, null, null,
            coalesce(v_restored, 'this is the server and database that pydb may delete in'),
            case when v_restored is not null then 'select pydb.guard_allow(''why'');' end),
        ('schedule', case when p_policy.schedule is null then 'off' else 'ok' end, p_policy.schedule,
            pydb_internal.cron_next(p_policy.schedule, p_now), case
                when p_policy.schedule is null then 'it runs when somebody runs it'
                else 'due next, in UTC; whether a job fires it: select * from pydb.schedule_status;' end, null);
    begin
        perform pydb_internal.retention_chunk_check(p_policy);
        perform pydb_internal.retention_time_unit(p_policy.target, p_policy.time_column, p_policy.time_unit);
    exception when others then
        get stacked diagnostics v_problem = message_text, v_hint = pg_exception_hint;
        return query values ('target', 'blocks', p_policy.target_name, null::timestamptz, v_problem, v_hint);
        return;
    end;
    return query
    select h.code, 'blocks', null::text, null::timestamptz, h.message, h.hint
    from pydb_internal.retention_hurdles(p_policy, to_regrole(quote_ident(current_user))::oid) as h
    where h.code <> 'watermark'; -- said where the watermark is
end
$$;

comment on function pydb_internal.retention_explain_switches(pydb.retention_policy, timestamptz) is
'Rows of retention_policy_explain about whether the policy may run, when it is due next, and one for each of the
retention_hurdles of the current role.';

revoke all on function pydb_internal.retention_explain_switches(pydb.retention_policy, timestamptz) from public;
