-- pydb_internal.orphan_repair_next_pass (repair; by orphan_repair_open): what to do when all relations are through:
-- count what is left, with the same condition, and go through them again, or end.
-- reads the child and the parent   writes pydb.orphan_finding   locks the reference's finding
-- raises YD301 YD403
create or replace function pydb_internal.orphan_repair_next_pass(
    p_run pydb_internal.run_state,
    p_work pydb_internal.orphan_repair_work
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_counts pydb_internal.orphan_counts;
    v_kept bigint;
    v_turn pydb_internal.run_turn;
    v_held record;
begin
    perform pydb_internal.orphan_lock(p_work, null, null);
    perform pydb_internal.relation_check_names(pydb_internal.reference_named((p_work.edge).child));
    v_counts := pydb_internal.orphan_count_child(p_work.edge, p_work.age);
    v_held := pydb_internal.orphan_held_rows(p_work.edge, p_work.age);
    v_kept := greatest(
        v_counts.orphans - p_work.refused - p_work.locked - coalesce(p_work.faulty, 0) - v_held.rows, 0
    );
    perform pydb_internal.orphan_store_count(p_work.edge, v_counts);
    v_turn.run := p_run;
    v_turn.parts := '{}';
    if v_counts.orphans = 0 then
        v_turn.run.state := 'completed';
        v_turn.run.reason := 'exhausted';
    elsif p_run.done >= p_run.max_rows then
        v_turn.run.state := 'partial';
        v_turn.run.reason := 'row_budget';
    elsif p_work.pass_done > 0 and (p_work.refused > 0 or v_kept > 0 and p_work.pass < 3) then
        -- a row that was updated meanwhile is in another place now; and one that went may have kept another
        p_work.pass := p_work.pass + 1;
        p_work.pass_done := 0;
        p_work.refused := 0;
        p_work.locked := 0;
        p_work.faulty := 0;
        v_turn.run.work := to_jsonb(p_work);
        v_turn.parts := pydb_internal.orphan_parts((p_work.edge).child);
    else
        v_turn.run.state := 'partial';
        v_turn.run.reason := case
            when p_work.refused > 0 then 'referenced' when p_work.locked > 0 then 'locked'
            when v_held.rows > 0 and v_kept = 0 then 'held' else 'no_progress'
        end;
        v_turn.run.skipped := v_counts.orphans;
        v_turn.run.detail := coalesce(p_run.detail, '{}') || jsonb_strip_nulls(jsonb_build_object(
            'kept', v_kept, 'held_rows', nullif(v_held.rows, 0), 'holds', nullif(to_jsonb(v_held.holds), '[]')
        ));
        v_turn.run.error := format(
            '%s still without a parent: %s kept by a constraint, %s locked, %s kept by a trigger or a rule, or new%s',
            pydb_internal.rows_text(v_counts.orphans), p_work.refused, p_work.locked, v_kept, case
                when v_held.rows > 0
                    then format(', %s held by %s', v_held.rows, array_to_string(v_held.holds, ', ')) else '' end
        );
        if p_work.faulty > 0 then
            v_turn.run := pydb_internal.orphan_faults_end(v_turn.run, p_work, p_run.done);
        end if;
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.orphan_repair_next_pass(
    pydb_internal.run_state, pydb_internal.orphan_repair_work
) is
'The run with its end: completed if no orphan is left, partial and why if some are; or the relations once more where
rows moved. The count becomes the finding.';

revoke all on function pydb_internal.orphan_repair_next_pass(
    pydb_internal.run_state, pydb_internal.orphan_repair_work
) from public;
