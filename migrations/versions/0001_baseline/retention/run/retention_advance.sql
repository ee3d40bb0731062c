-- pydb_internal.retention_advance (run; by retention_run_policy): one turn of a run: look at switches and budgets, then
-- plan or do one batch, and log it.
-- writes the target, pydb.job_run   locks the relation (row exclusive), the rows it deletes, the run's row
-- raises what the batch raises
create or replace function pydb_internal.retention_advance(p_walk jsonb)
returns jsonb
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy;
    v_held text;
    v_segment jsonb;
    v_stop text;
begin
    begin
        v_policy := pydb_internal.retention_policy_get(p_walk ->> 'policy');
    exception when sqlstate 'YD002' then
        return p_walk || '{"state": "cancelled", "reason": "cancelled", "error": "the policy was dropped"}';
    end;
    v_held := pydb_internal.retention_held(v_policy);
    v_stop := case
        when v_held is not null and not (p_walk ->> 'dry_run')::boolean then v_held
        when clock_timestamp() > (p_walk ->> 'deadline')::timestamptz then 'time_budget'
        when (p_walk ->> 'done')::bigint >= (p_walk ->> 'max_rows')::bigint
            and (p_walk ->> 'done')::bigint < (p_walk ->> 'due')::bigint then 'row_budget'
    end;
    if v_stop is not null then
        return p_walk || jsonb_build_object('state', 'partial', 'reason', v_stop);
    elsif not p_walk ? 'segments' or p_walk ->> 'terms' <> pydb_internal.retention_terms(v_policy) then
        -- at the start, and again whenever the policy was edited: new terms, new count, new look at the fuse
        return pydb_internal.retention_prepare(v_policy, p_walk);
    elsif (p_walk ->> 'wake')::timestamptz > clock_timestamp() then
        return p_walk || jsonb_build_object('beat', pydb_internal.run_beat((p_walk ->> 'run')::bigint));
    elsif p_walk -> 'segments' = '[]' then
        return pydb_internal.retention_verify(v_policy, pydb_internal.retention_finish(p_walk));
    elsif (p_walk ->> 'done')::bigint >= (p_walk ->> 'max_rows')::bigint then
        -- the budget was just enough: nothing is left to walk for
        return pydb_internal.retention_finish(p_walk || '{"segments": [], "later": []}');
    end if;
    v_segment := p_walk -> 'segments' -> 0;
    p_walk := pydb_internal.retention_step(v_policy, p_walk);
    set constraints all immediate;
    p_walk := pydb_internal.retention_account(v_policy, p_walk, v_segment);
    raise debug 'policy %: batch %: % rows in % ms', v_policy.name, p_walk ->> 'batches', p_walk ->> 'rows',
        p_walk ->> 'ms';
    perform pydb_internal.run_log_batch(
        (p_walk ->> 'run')::bigint, (p_walk ->> 'rows')::bigint, 1,
        jsonb_build_object(
            'position', jsonb_build_object(
                'relation', p_walk -> 'segments' -> 0 -> 'relation', 'at', p_walk -> 'segments' -> 0 -> 'at'
            ),
            'learned', jsonb_build_object(
                'cost', p_walk -> 'cost', 'heap_range', p_walk -> 'heap_range', 'index_range', p_walk -> 'index_range'
            )
        ) || case when p_walk ? 'cascaded' then jsonb_build_object('cascaded', p_walk -> 'cascaded') else '{}' end
        || case when p_walk ? 'resumed' then jsonb_build_object('resumed_from', p_walk -> 'resumed') else '{}' end
    );
    return p_walk || '{"beat": true}';
end
$$;

comment on function pydb_internal.retention_advance(jsonb) is
'One turn of a run, in one transaction: plans at the first turn, then deletes one range a turn, until the walk has a
state. Kill switch, pause, edits of the policy and budgets are looked at before each, and while the run rests.';

revoke all on function pydb_internal.retention_advance(jsonb) from public;
