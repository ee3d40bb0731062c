-- pydb_internal.retention_save_turn (save; by retention_partition_turn): the turn of a partition that is detached and
-- whose rows are saved before it is dropped.
-- writes the partition, the archive of its table, the catalog, pydb.retention_partition, pydb.audit_log
-- locks the partition (access exclusive) where it is dropped
-- raises 55P03 YD005 YD601 YD602 YD603, and what the statements raise
create or replace function pydb_internal.retention_save_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_get(p_run.subject);
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_note jsonb := jsonb_build_object(
        'policy', v_policy.name, 'partition', p_part.relation::bigint, 'run_id', p_run.run_id
    );
    v_rows bigint := 0;
begin
    v_turn.run := p_run;
    if v_policy.partition_first = 'archive' then
        perform pydb_internal.archive_open(p_run.run_id, array[v_policy.target::oid]);
        v_turn := pydb_internal.retention_save_batch(v_policy, p_run, p_part);
        if not (v_turn.part is null) then -- in stages: in each, what leaves it is in the archive
            perform pydb_internal.retention_partition_store(pydb_internal.draft_add(
                'retention_partition', v_note || jsonb_build_object(
                    'state', 'detached', 'rows_saved', (v_turn.run).rows
                )
            ));
            return v_turn;
        end if;
        perform pydb_internal.retention_partition_lock(null, array[p_part.relation]);
        v_rows := pydb_internal.retention_save_copy(v_policy, p_run.run_id, p_part.relation);
    elsif p_run.kind = 'export' then
        perform pydb_internal.retention_partition_lock(null, array[p_part.relation]);
    end if;
    if v_policy.partition_first = 'export' and (
        p_run.kind <> 'export' or pydb_internal.retention_save_has_rows(p_part.relation)
    ) then
        v_work.parts_waiting := coalesce(v_work.parts_waiting, 0) + 1;
        v_turn.run.work := to_jsonb(v_work);
        return v_turn;
    end if;
    perform pydb_internal.retention_partition_store(pydb_internal.draft_add(
        'retention_partition', v_note || jsonb_build_object('state', 'dropped', 'rows_saved', case
            when p_run.kind = 'export' then pydb_internal.retention_save_exported(p_part.relation) else v_rows
        end)
    ));
    perform pydb_internal.retention_partition_remove(pydb_internal.retention_together_statements(
        v_policy, null, array[p_part.relation]
    ));
    v_work.parts_since := null;
    v_work.parts_done := coalesce(v_work.parts_done, 0) + 1;
    v_work.parts_rows := coalesce(v_work.parts_rows, 0) + v_rows;
    v_turn.run.work := to_jsonb(v_work);
    v_turn.run.rows := v_rows;
    return v_turn;
end
$$;

comment on function pydb_internal.retention_save_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Archive: moves the next rows, or copies what is left and drops the partition, in one transaction. Export: drops it
where a run of that kind has emptied it; else it waits for one.';

revoke all on function pydb_internal.retention_save_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
