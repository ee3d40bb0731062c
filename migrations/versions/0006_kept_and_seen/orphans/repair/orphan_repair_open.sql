-- pydb_internal.orphan_repair_open (repair; by orphan_repair): hook of repairs: check, count what is due and lay out
-- the relations, where a dry run ends; then pass by pass, until the end and its reason.
-- reads the child and the parent   writes pydb.job_run, pydb.orphan_finding, pydb_internal.orphan_mark   locks the
-- finding
-- raises YD001 YD005 YD015 YD016 YD301 YD401 YD402 YD403 YD404
create or replace function pydb_internal.orphan_repair_open(
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.orphan_repair_work := jsonb_populate_record(
        null::pydb_internal.orphan_repair_work, p_run.work
    );
    v_edge pydb_internal.reference_edge;
    v_counts pydb_internal.orphan_counts;
    v_condition text;
    v_stuck record;
    v_due bigint;
    v_effects text[] := '{}'::text[];
    v_turn pydb_internal.run_turn;
    v_held record;
begin
    if p_parts is not null then
        return pydb_internal.orphan_repair_next_pass(p_run, v_work);
    end if;
    v_edge := pydb_internal.orphan_edge(v_work.reference);
    perform pydb_internal.orphan_check_rights(v_edge, '{SELECT}');
    v_work.mode := pydb_internal.orphan_mode(v_edge, v_work.mode);
    perform pydb_internal.orphan_check_rights(
        v_edge, case v_work.mode when 'nullify' then '{SELECT,UPDATE}'::text[] else '{SELECT,DELETE}'::text[] end
    );
    perform pydb_internal.orphan_check_rules(v_edge.child, v_work.mode);
    v_work.edge := v_edge;
    perform pydb_internal.application_pin(v_work.search_path, v_edge.child);
    v_work.signature := pydb_internal.orphan_signature(v_edge);
    v_work.verb := case v_work.mode when 'delete' then 'deleted' when 'nullify' then 'nullified' else 'quarantined' end;
    -- fixed for the whole run: what is counted here is what goes
    v_work.age := pydb_internal.orphan_age(v_edge, v_work.min_age);
    v_work.size := 1;
    -- where no index of the parent serves the look for it, each batch reads the whole parent
    v_work.min_size := case
        when pydb_internal.reference_is_indexed(v_edge.parent, array(
            select a.attnum from pg_attribute as a
            where a.attrelid = v_edge.parent and a.attname = any(v_edge.parent_columns)
        )) then 1 else 40
    end;
    v_work.is_by_row := false;
    v_work.locked := 0;
    v_work.refused := 0;
    v_work.pass := 1;
    v_work.pass_done := 0;
    v_work := pydb_internal.orphan_free(v_work);
    v_counts := pydb_internal.orphan_count_child(v_edge, v_work.age);
    v_held := pydb_internal.orphan_held_rows(v_edge, v_work.age);
    v_due := v_counts.orphans - v_held.rows;
    if v_counts.orphans > 0 then
        v_condition := v_work.age || v_work.free || ' and ' || pydb_internal.orphan_condition(v_edge);
        v_effects := pydb_internal.orphan_effects(v_edge, v_work.mode, v_condition);
        v_stuck := pydb_internal.orphan_stuck(v_edge, v_work.mode, v_condition);
        v_due := v_due - v_stuck.rows;
        v_effects := v_effects || v_stuck.effects;
    end if;
    if v_held.rows > 0 then
        v_effects := v_effects || format(
            '%s stay: held by %s', pydb_internal.rows_text(v_held.rows), array_to_string(v_held.holds, ', ')
        );
    end if;
    if v_counts.unconfirmed > 0 then
        v_effects := v_effects || format(
            '%s without a parent may be younger than the least age and stay',
            pydb_internal.rows_text(v_counts.unconfirmed)
        );
    end if;
    perform pydb_internal.run_log_plan(p_run.run_id, v_due, null, jsonb_build_object(
        'reference', v_work.reference, 'mode', v_work.mode, 'effects', to_jsonb(v_effects), 'sample', v_counts.sample,
        'checked_rows', v_counts.checked_rows, 'unconfirmed', v_counts.unconfirmed
    ));
    v_turn.run := p_run;
    v_turn.run.due := v_due;
    v_turn.run.audit := jsonb_build_object('mode', v_work.mode);
    v_turn.run.audit_subject := v_work.reference;
    v_turn.run.said := format('0 of %s %s', pydb_internal.rows_text(v_due), v_work.verb);
    v_turn.run.work := to_jsonb(v_work);
    v_turn.parts := pydb_internal.orphan_parts(v_edge.child);
    if p_run.dry_run then
        v_turn.run.said := format('%s to %s', pydb_internal.rows_text(v_due), v_work.mode);
        v_turn.run.notes := v_effects;
    elsif v_counts.orphans > 0 then
        perform pydb_internal.run_log_superuser(p_run.run_id, array[v_edge.child], false);
    else
        perform pydb_internal.orphan_store_count(v_edge, v_counts);
    end if;
    if p_run.dry_run or v_counts.orphans = 0 then
        v_turn.run.state := 'completed';
        v_turn.run.reason := 'exhausted';
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.orphan_repair_open(pydb_internal.run_state, pydb_internal.run_part[]) is
'The run of a repair with its mode, the rows that are due and the effects, and the relations to go through; after a
pass: the next one, or the end.';

revoke all on function pydb_internal.orphan_repair_open(pydb_internal.run_state, pydb_internal.run_part[]) from public;
