-- pydb_internal.retention_first_work (run): what a run begins with: guesses, or what it has learned before its policy
-- was edited.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_first_work(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.retention_work
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_reach record;
begin
    v_work.mode := 'plain';
    v_reach := pydb_internal.retention_reach(p_policy);
    v_work.way := v_reach.way;
    v_work.first_way := v_reach.way;
    v_work := pydb_internal.retention_first_size(p_policy, v_work, p_parts, v_reach.unindexed, v_reach.scanned);
    v_work.pass_done := 0;
    v_work.is_last_pass := false;
    -- what stayed is met again
    v_work.locked := 0;
    v_work.kept := 0;
    v_work.refused := 0;
    v_work.faulty := 0;
    v_work.faults := null;
    v_work.fault := null;
    v_work.fault_code := null;
    v_work.fault_place := null;
    return v_work;
end
$$;

comment on function pydb_internal.retention_first_work(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part[]
) is
'What a run keeps in mind, at its start or when it is laid out anew: sizes that were learned are kept.';

revoke all on function pydb_internal.retention_first_work(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part[]
) from public;
