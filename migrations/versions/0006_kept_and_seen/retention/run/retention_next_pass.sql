-- pydb_internal.retention_next_pass (run): what to do when all parts are through: another pass, or the end and its
-- reason.
-- reads the target and the tables that reference it, where less or more went than planned   writes nothing   locks
-- nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_next_pass(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_parts pydb_internal.run_part[]
)
returns pydb_internal.run_turn
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_part pydb_internal.run_part;
    v_again pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
    v_late pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
begin
    foreach v_part in array p_parts loop
        if v_part.is_late then
            v_late := v_late || v_part;
        elsif v_part.is_again then
            v_part.at_block := v_part.from_block;
            v_part.from_value := null;
            v_part.is_ended := false;
            if v_work.way = 'circle' then
                v_part.condition := pydb_internal.retention_deletable_condition(
                    p_policy, v_part.relation, v_work.cutoff
                );
            end if;
            v_again := v_again || v_part;
        end if;
    end loop;
    if v_work.is_last_pass or p_run.done >= p_run.max_rows then
        v_late := '{}';
    end if;
    v_turn.parts := '{}';
    -- cardinality(): to compare two arrays of parts loads the operators of each of their columns
    if cardinality(v_again) > 0 and p_run.done < p_run.due and cardinality(v_late) = 0 and not v_work.is_last_pass
        and v_work.pass_done = 0 and v_work.way <> 'circle'
    then
        -- no leaf is left: what is due still references each other in circles, and goes together
        v_turn.parts := pydb_internal.retention_circles(p_policy, v_again, v_work.cutoff);
    end if;
    if cardinality(v_turn.parts) > 0 then
        v_work.way := 'circle';
    elsif cardinality(v_again) > 0 and v_work.pass_done > 0 and p_run.done < p_run.due then
        -- rows of one table that reference each other go leaves first, one level a pass
        v_turn.parts := v_again;
        v_work.way := v_work.first_way;
    elsif cardinality(v_late) > 0 then
        -- what was locked on the way gets its second chance; to skip rows takes the right to lock them
        v_turn.parts := v_late;
        foreach v_part in array v_again loop
            v_part.is_ended := true; -- not now; but if some of these go, its rows may go after them
            v_turn.parts := v_turn.parts || v_part;
        end loop;
        v_work.is_last_pass := true;
        v_work.mode := (
            select case when bool_and(has_table_privilege(u.relation, 'UPDATE')) then 'skip' else 'rows' end
            from unnest(v_late) as u
        );
    else
        if (pydb_internal.hold_state()).generation is distinct from v_work.holds then
            v_work.held := pydb_internal.retention_held_rows(p_policy, v_work.cutoff);
        end if;
        p_run.skipped := v_work.locked + v_work.kept + v_work.refused + v_work.blocked + coalesce(v_work.held, 0);
        p_run.state := case when p_run.skipped > 0 then 'partial' else 'completed' end;
        p_run.reason := case
            when v_work.locked > 0 then 'locked'
            when v_work.kept > 0 then 'no_progress'
            when v_work.held > 0 then 'held'
            when p_run.skipped > 0 then 'referenced'
            else 'exhausted'
        end;
        if p_run.reason in ('exhausted', 'referenced', 'held') and v_work.refused = 0 and v_work.faulty = 0
            and p_run.done <> p_run.due then
            p_run := pydb_internal.retention_verify(p_policy, p_run, v_work.cutoff, cardinality(v_again) > 0);
        end if;
        if v_work.held > 0 or p_run.reason = 'held' then
            p_run := pydb_internal.retention_tell_held(p_policy, p_run, v_work);
        end if;
        if v_work.faulty > 0 or v_work.faults is not null then
            p_run := pydb_internal.retention_faults_end(p_run, v_work, true);
        end if;
    end if;
    v_work.pass_done := 0;
    v_turn.run := p_run;
    v_turn.run.work := to_jsonb(v_work);
    return v_turn;
end
$$;

comment on function pydb_internal.retention_next_pass(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part[]
) is
'The parts of the next pass (rows that reference each other, rows that were locked), or the run with its state, reason
and count of rows skipped.';

revoke all on function pydb_internal.retention_next_pass(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part[]
) from public;
