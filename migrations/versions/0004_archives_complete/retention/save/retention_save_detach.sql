-- pydb_internal.retention_save_detach (save; by retention_partition_turn): take a partition out of its table, so that
-- no row comes into it any more; its rows are saved after that, while nobody waits.
-- writes the catalog, pydb.retention_partition   locks its table and the partition (access exclusive)
-- raises 55P03, and what the statement raises
create or replace function pydb_internal.retention_save_detach(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy pydb.retention_policy := pydb_internal.retention_policy_get(p_run.subject);
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_rows constant record := pydb_internal.retention_partition_rows(p_part.relation);
    v_parent oid;
    v_turn pydb_internal.run_turn;
    v_start timestamptz;
begin
    select i.inhparent into v_parent from pg_inherits as i where i.inhrelid = p_part.relation;
    perform pydb_internal.retention_partition_store(pydb_internal.draft_add(
        'retention_partition', jsonb_build_object(
            'policy', v_policy.name, 'partition', p_part.relation::bigint, 'run_id', p_run.run_id, 'state', 'detached',
            'rows', v_rows.rows, 'is_exact', v_rows.is_exact
        )
    ));
    perform pydb_internal.retention_partition_lock(v_parent, array[p_part.relation]);
    v_start := clock_timestamp();
    v_policy.partition := 'keep';
    perform pydb_internal.retention_partition_remove(pydb_internal.retention_together_statements(
        v_policy, v_parent, array[p_part.relation]
    ));
    v_work.parts_since := null;
    v_turn.run := p_run;
    v_turn.run.work := to_jsonb(v_work);
    v_turn.run.rows := 0;
    -- as in retention_partition_turn
    v_turn.run.wake_at := clock_timestamp() + greatest(5 * (clock_timestamp() - v_start), interval '20 ms');
    v_turn.part := p_part;
    v_turn.part.is_ended := true;
    return v_turn;
end
$$;

comment on function pydb_internal.retention_save_detach(pydb_internal.run_state, pydb_internal.run_part) is
'The part again, its partition detached and noted: the next turn saves its rows.';

revoke all on function pydb_internal.retention_save_detach(pydb_internal.run_state, pydb_internal.run_part)
    from public;
