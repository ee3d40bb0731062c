-- pydb_internal.retention_terms (policy): hook of retention runs: whether a policy may delete now, and within which
-- bounds.
-- reads pydb.retention_policy, pydb.retention_history, pydb.guard_subject, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_terms(p_policy text)
returns pydb_internal.run_terms
language plpgsql
stable
security definer -- see pydb_internal.retention_policy_get
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy;
    v_terms pydb_internal.run_terms;
    v_waiting text;
begin
    select p.* into v_policy from pydb.retention_policy as p where p.name = p_policy;
    v_terms.version := pydb_internal.retention_version(v_policy);
    v_waiting := pydb_internal.guard_waiting_problem(p_policy, v_terms.version);
    v_terms.max_rows := v_policy.max_rows;
    v_terms.max_runtime := v_policy.max_runtime;
    v_terms.max_wal := v_policy.max_wal;
    v_terms.windows := v_policy.windows;
    v_terms.batch_target := v_policy.batch_target;
    v_terms.relation := v_policy.target;
    v_terms.catch_up := row(
        v_policy.catch_up_windows, v_policy.catch_up_max_rows, v_policy.catch_up_max_runtime, v_policy.catch_up_max_wal
    )::pydb_internal.run_limits;
    if v_policy.catch_up_after is not null then
        select h.through_at + v_policy.catch_up_after into v_terms.overdue_at
        from pydb.retention_history as h
        where h.policy = p_policy
        order by h.day desc
        limit 1;
    end if;
    if v_policy.name is null then
        v_terms.reason := 'cancelled';
        v_terms.error := 'the policy was dropped';
    elsif not v_policy.enabled or v_policy.paused_at is not null then
        v_terms.reason := 'paused';
        v_terms.error := format('the policy is %s', case when v_policy.enabled then 'paused' else 'disabled' end);
    elsif v_waiting is not null then
        v_terms.reason := 'held';
        v_terms.error := v_waiting;
        v_terms.sqlstate := 'YD842';
        v_terms.hint := format('select pydb.retention_policy_approve(%L);', p_policy);
    end if;
    return v_terms;
end
$$;

comment on function pydb_internal.retention_terms(text) is
'Terms of a policy: its version and bounds, those for catching up, from when on it has to; stop reason paused (also for
a disabled one), cancelled (dropped) or held (it waits for approval).';

revoke all on function pydb_internal.retention_terms(text) from public;
