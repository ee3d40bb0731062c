-- pydb_internal.retention_explain_window (explain; by retention_policy_explain): the hours in which a policy may run,
-- and its limits while it catches up.
-- reads pydb.run_window, pydb.retention_history   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_explain_window(p_policy pydb.retention_policy, p_now timestamptz)
returns setof pydb_internal.retention_aspect
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_terms constant pydb_internal.run_terms := pydb_internal.retention_terms(p_policy.name);
    v_is_overdue constant boolean := coalesce(p_now >= v_terms.overdue_at, false);
    v_names text[] := case when v_is_overdue then p_policy.catch_up_windows end;
    v_window record;
    v_next constant timestamptz := pydb_internal.cron_next(p_policy.schedule, p_now);
    v_due record;
    v_said text;
    v_hint text;
begin
    begin
        v_window := pydb_internal.window_verdict(coalesce(v_names, p_policy.windows), 'retention', p_now);
        v_due := pydb_internal.window_verdict(coalesce(v_names, p_policy.windows), 'retention', v_next);
    exception when sqlstate 'YD822' then
        get stacked diagnostics v_said = message_text, v_hint = pg_exception_hint;
        return query values ('window', 'blocks', array_to_string(v_names, ', '), null::timestamptz, v_said, v_hint);
        return;
    end;
    return query values (
        'window', case
            when v_window.until is null then 'blocks' when v_window.until = 'infinity' then 'off' else 'ok' end,
        array_to_string(v_window.names, ', '), coalesce(nullif(v_window.until, 'infinity'), v_window.opens_at), case
            when v_window.until = 'infinity' then 'it runs at any time'
            when v_window.until is null then 'the window is closed, and opens at that time'
            else 'the window is open until then' end || case
            when v_next is not null and v_due.until is null
                then '; the next run by its schedule would be skipped: it lies outside' else '' end,
        case when v_window.until is null or v_due.until is null
            then 'select * from pydb.window_status;' end
    );
    return query
    select
        'catch_up', case when v_is_overdue then 'ok' else 'off' end, p_policy.catch_up_after::text, v_terms.overdue_at,
        case
            when p_policy.catch_up_after is null then 'only where the call says so'
            when v_is_overdue then 'it is overdue: its limits for catching up hold'
            when v_terms.overdue_at is null then 'nothing was counted yet'
            else 'from then on its limits for catching up hold, unless a run leaves nothing before' end, null::text;
end
$$;

comment on function pydb_internal.retention_explain_window(pydb.retention_policy, timestamptz) is
'Rows of retention_policy_explain about the window (blocks while it is closed) and about catching up.';

revoke all on function pydb_internal.retention_explain_window(pydb.retention_policy, timestamptz) from public;
