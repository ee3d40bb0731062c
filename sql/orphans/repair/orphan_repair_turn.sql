-- pydb_internal.orphan_repair_turn (repair; by orphan_repair): hook of repairs: look up the next orphans of a relation,
-- or repair some of those, by turns.
-- writes the child, pydb.orphan_quarantine   locks the relation (row exclusive), the rows it changes, what its
-- conditions name (access share)
-- raises 55P03 YD005 YD015 YD103 YD113 YD114 YD403, and what the change raises
create or replace function pydb_internal.orphan_repair_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start constant timestamptz := clock_timestamp();
    v_work pydb_internal.orphan_repair_work := jsonb_populate_record(
        null::pydb_internal.orphan_repair_work, p_run.work
    );
    v_target constant float8 := (1000 * extract(
        epoch from pydb_internal.setting_get(p_name => 'batch_target')::interval
    ))::float8;
    v_gone record;
    v_turn pydb_internal.run_turn;
    v_holds record;
begin
    v_holds := pydb_internal.hold_enter(); -- before anything is judged: none is placed from here to the commit
    perform pydb_internal.orphan_lock(v_work, p_part.relation, p_part.filenode);
    if pydb_internal.relation_renamed(v_work.named, v_work.names) or v_holds.generation is distinct from v_work.holds
        or v_work.free_until <= v_start
    then
        v_work := pydb_internal.orphan_free(v_work);
    end if;
    v_turn.run := p_run;
    v_turn.run.work := to_jsonb(v_work);
    v_turn.part := p_part;
    perform pydb_internal.application_pin(v_work.search_path, (v_work.edge).child);
    if cardinality(p_part.chunks) = 0 then
        v_turn.part := pydb_internal.orphan_repair_chunks(v_work, p_part, p_run.due);
    else
        v_gone := pydb_internal.orphan_take(p_run, v_work, p_part);
        perform pydb_internal.application_constraints(); -- what that takes is of this batch
        v_turn.part.chunks := p_part.chunks[v_work.size + 1:];
        v_turn.run.rows := v_gone.done;
        v_work.pass_done := v_work.pass_done + v_gone.done;
        v_work.refused := v_work.refused + v_gone.refused;
        v_work.locked := v_work.locked + v_gone.locked;
        v_work.faulty := coalesce(v_work.faulty, 0) + v_gone.faulty;
        if v_work.fault_code is null then
            v_work.fault := v_gone.fault;
            v_work.fault_code := v_gone.fault_code;
            v_work.fault_place := v_gone.fault_place;
        end if;
        v_work.is_by_row := false;
        v_work.size := least(greatest(pydb_internal.run_size(
            v_work.size, extract(epoch from clock_timestamp() - v_start)::float8 * 1000, v_target
        )::integer, v_work.min_size), 400);
        v_turn.run.work := to_jsonb(v_work);
        v_turn.run.said := format(
            '%s of %s %s', p_run.done + v_gone.done, pydb_internal.rows_text(p_run.due), v_work.verb
        );
        v_turn.run.detail := jsonb_build_object(
            'refused', v_work.refused, 'locked', v_work.locked, 'position', jsonb_build_object(
                'relation', p_part.relation::bigint, 'at', p_part.at_block
            )
        );
        if v_work.faulty >= pydb_internal.application_patience(v_work.fault_code, p_run.done + v_gone.done) then
            v_turn.run := pydb_internal.orphan_faults_end(v_turn.run, v_work, p_run.done + v_gone.done);
        end if;
    end if;
    if (v_turn.part).is_ended and cardinality((v_turn.part).chunks) = 0 then
        v_turn.part := null;
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.orphan_repair_turn(pydb_internal.run_state, pydb_internal.run_part) is
'One turn of a repair: the part with the places of its next orphans, or the run with the rows of a batch of those and
the part without them; null when the relation is through. The change asks the condition of the scan again.';

revoke all on function pydb_internal.orphan_repair_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
