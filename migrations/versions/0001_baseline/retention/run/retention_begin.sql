-- pydb_internal.retention_begin (run; by retention_run_policy): open a run, unless something says that there is nothing
-- to start; returns a walk's state.
-- reads settings and the policy   writes pydb.job_run   locks the live-run key of the policy
-- raises YD002
create or replace function pydb_internal.retention_begin(
    p_policy text,
    p_dry_run boolean,
    p_max_rows bigint,
    p_deadline timestamptz,
    p_now timestamptz,
    p_request uuid
)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy := pydb_internal.retention_policy_get(p_policy);
    v_held text := pydb_internal.retention_held(v_policy);
    -- rows of a first batch, before anything is known: what fits the target at 10 us each, and the rate limit
    v_first bigint := least(
        100000 * extract(epoch from coalesce(
            v_policy.batch_target, pydb_internal.setting_get(p_name => 'batch_target')::interval
        )), v_policy.rows_per_second
    )::bigint;
    v_walk jsonb := jsonb_build_object(
        'policy', p_policy, 'now', p_now, 'dry_run', p_dry_run, 'deadline', p_deadline,
        'max_rows', least(p_max_rows, v_policy.max_rows), 'mode', 'plain', 'tries', 0, 'retries', 0, 'done', 0,
        'batches', 0, 'locked', 0, 'kept', 0, 'refused', 0, 'cost', 0.002, 'index_range', v_first,
        'heap_range', greatest(least(v_first / 100, 64), 1)
    );
    v_run bigint;
    v_backend_start timestamptz;
begin
    if v_policy.max_runtime is not null then
        v_walk := v_walk || jsonb_build_object(
            'deadline', least(p_deadline, clock_timestamp() + v_policy.max_runtime)
        );
    end if;
    select a.backend_start into v_backend_start from pg_stat_activity as a where a.pid = pg_backend_pid();
    perform pydb_internal.run_close_dead('retention', p_policy);
    if p_dry_run then
        v_held := null; -- a rehearsal deletes nothing, so nothing holds it
    end if;
    if v_held is null then
        v_run := pydb_internal.run_open('retention', p_policy, p_dry_run, p_request, v_backend_start);
    end if;
    if v_run is null then
        v_walk := v_walk || jsonb_build_object(
            'state', 'skipped', 'reason', coalesce(v_held, 'locked'),
            'error', case coalesce(v_held, 'locked')
                when 'locked' then (
                    select format('run %s of this policy is live (pid %s)', r.id, r.pid)
                    from pydb_internal.run_live('retention', p_policy) as r limit 1
                )
                when 'kill_switch' then 'the kill switch is on: select pydb.retention_resume();'
                else format('the policy is %s', case when v_policy.enabled then 'paused' else 'disabled' end)
            end
        );
        v_run := pydb_internal.run_log_unstarted(
            'retention', p_policy, p_dry_run, p_request, 'skipped', v_walk ->> 'reason', v_walk ->> 'error'
        );
    end if;
    return v_walk || jsonb_build_object('run', v_run);
end
$$;

comment on function pydb_internal.retention_begin(text, boolean, bigint, timestamptz, timestamptz, uuid) is
'Opens a run and returns the state of its walk; where the policy is paused, disabled or already running, or the kill
switch is on, it is logged as skipped.';

revoke all on function pydb_internal.retention_begin(text, boolean, bigint, timestamptz, timestamptz, uuid) from public;
