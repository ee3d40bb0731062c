-- pydb_internal.retention_first_work (run): what a run begins with: guesses, or what it has learned before its policy
-- was edited.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_first_work(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state
)
returns pydb_internal.retention_work
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    -- rows of a first batch, before anything is known: what fits the target at 10 us each, and the rate limit
    v_first constant bigint := least(
        100000 * extract(epoch from coalesce(
            p_policy.batch_target, pydb_internal.setting_get(p_name => 'batch_target')::interval
        )), p_policy.rows_per_second
    )::bigint;
begin
    v_work.mode := 'plain';
    v_work.way := (pydb_internal.retention_reach(p_policy)).way;
    v_work.cost := coalesce(v_work.cost, 0.002);
    v_work.index_range := coalesce(v_work.index_range, v_first);
    v_work.heap_range := coalesce(v_work.heap_range, greatest(least(v_first / 100, 64), 1));
    v_work.pass_done := 0;
    v_work.is_last_pass := false;
    -- what stayed is met again
    v_work.locked := 0;
    v_work.kept := 0;
    v_work.refused := 0;
    v_work.faulty := 0;
    v_work.faults := null;
    return v_work;
end
$$;

comment on function pydb_internal.retention_first_work(pydb.retention_policy, pydb_internal.run_state) is
'What a run keeps in mind, at its start or when it is laid out anew: sizes that were learned are kept.';

revoke all on function pydb_internal.retention_first_work(pydb.retention_policy, pydb_internal.run_state) from public;
