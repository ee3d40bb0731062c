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
    -- what stayed is met again
    v_work pydb_internal.retention_work := jsonb_populate_record(
        null::pydb_internal.retention_work, coalesce(p_run.work, '{}') || '{
            "mode": "plain", "pass_done": 0, "is_last_pass": false, "locked": 0, "kept": 0, "refused": 0, "faulty": 0,
            "faults": null, "fault": null, "fault_code": null, "fault_place": null,
            "fault_words": null
        }'
    );
    v_reach record;
begin
    v_reach := pydb_internal.retention_reach(p_policy);
    v_work.way := v_reach.way;
    v_work.first_way := v_reach.way;
    return pydb_internal.retention_first_size(p_policy, v_work, p_parts, v_reach.unindexed, v_reach.scanned);
end
$$;

comment on function pydb_internal.retention_first_work(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part[]
) is
'What a run keeps in mind, at its start or when it is laid out anew: sizes that were learned are kept.';

revoke all on function pydb_internal.retention_first_work(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part[]
) from public;
