-- pydb_internal.retention_turn (run): hook of retention runs: delete the next range of a part, in the caller's
-- transaction.
-- writes the target   locks the relation (row exclusive) and the rows it deletes
-- raises YD005 YD015 YD103 YD113 YD114 YD901, and what the delete raises
create or replace function pydb_internal.retention_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_of(p_run);
    v_start constant timestamptz := clock_timestamp();
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_range record;
    v_gone record;
    v_condition text;
    v_limit bigint;
    v_left bigint := 0;
    v_take timestamptz;
    v_take_ms float8;
begin
    v_turn.run := p_run;
    perform pydb_internal.application_pin(v_policy.search_path, v_policy.target);
    if p_part.strategy = 'partition' then
        return pydb_internal.retention_partition_turn(p_run, p_part);
    elsif v_policy.action = 'archive' and p_run.run_id is null then
        raise exception using errcode = 'YD901', message = 'an archive needs the id of a run',
            detail = format('Policy %s.', v_policy.name), hint = 'pydb migrate check';
    elsif p_part.is_ended or (p_part.due = 0 and p_run.done >= p_run.due) then
        return v_turn;
    end if;
    v_turn.part := p_part;
    if not pydb_internal.retention_lock(v_policy, p_part, p_run.tries) or pydb_internal.retention_renamed(v_work) then
        -- as after an edited policy: another version, so all is looked at, counted and laid out anew
        v_turn.run.tries := coalesce(p_run.tries, 0) + 1;
        v_turn.run.version := 'the table was changed';
        return v_turn;
    end if;
    perform pydb_internal.retention_check_author(v_policy); -- the part's condition is parsed anew by each batch
    v_range := pydb_internal.retention_range(v_policy, v_work, p_part);
    if v_range.condition is null then
        v_turn.part.strategy := 'heap';
        v_turn.part.from_value := null;
        return v_turn;
    end if;
    v_work := pydb_internal.retention_held_since(v_policy, v_work);
    v_condition := concat(v_range.condition, ' and ', p_part.condition, v_work.free, v_work.free_since);
    if p_run.max_rows is not null or (p_part.strategy = 'heap' and v_work.heap_range = 1) then
        v_limit := pydb_internal.retention_limit(v_policy, p_run, v_work, p_part);
    end if;
    v_take := clock_timestamp();
    v_gone := pydb_internal.retention_take(
        v_policy, p_part.relation, v_condition, v_limit, v_work.mode, v_work.way,
        case v_work.way when 'circle' then pydb_internal.retention_expired_condition(v_policy, v_work.cutoff) end,
        case when 'archive' in (v_policy.action, v_policy.partition_first) then p_run.run_id end
    );
    v_take_ms := extract(epoch from clock_timestamp() - v_take)::float8 * 1000;
    v_left := v_gone.rows_locked;
    -- where the budget ended within the range, it is not done
    if v_limit is null or v_gone.rows_done < v_limit then
        if v_work.mode = 'skip' or (v_work.mode = 'plain' and p_part.is_guarded) then
            execute format(
                'select count(*) from only %s as t where %s', pydb_internal.relation_name(p_part.relation), v_condition
            ) into v_left;
        end if;
        if v_work.mode <> 'plain' and v_left > 0 and not v_work.is_last_pass then
            v_turn.parts := array[p_part];
            v_turn.parts[1].strategy := 'whole';
            v_turn.parts[1].condition := v_range.condition || ' and ' || p_part.condition;
            v_turn.parts[1].is_late := true;
        end if;
        v_turn.part.at_block := coalesce(v_range.next_at, p_part.at_block);
        v_turn.part.from_value := v_range.next_from;
        if v_range.is_last then
            v_turn.part := null;
        end if;
    end if;
    -- nothing can be put off to the end of the transaction where the table has no triggers, keys of others among them
    v_turn.is_settled := v_policy.action = 'delete' and v_work.way = 'plain' and (
        select not c.relhastriggers and not c.relhasrules from pg_class as c where c.oid = p_part.relation
    );
    v_turn.run.rows := v_gone.rows_done;
    v_turn.run.counts := v_gone.relations;
    if v_gone.faults is not null then
        v_work := pydb_internal.retention_faults_add(v_work, v_gone.faults);
    end if;
    v_work.pass_done := v_work.pass_done + v_gone.rows_done;
    v_turn.run := pydb_internal.retention_account(
        v_policy, v_turn.run, v_work, p_part, v_left, extract(epoch from clock_timestamp() - v_start)::float8 * 1000,
        v_take_ms
    );
    if v_work.faulty > 0 or v_work.faults is not null then
        v_turn.run := pydb_internal.retention_faults_end(v_turn.run, v_work, false);
    end if;
    v_turn.run.detail := coalesce((v_turn.run).detail, '{}') || jsonb_build_object(
        'position', jsonb_build_object(
            'relation', p_part.relation::bigint, 'at', coalesce((v_turn.part).at_block, p_part.until_block)
        )
    );
    return v_turn;
end
$$;

comment on function pydb_internal.retention_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Deletes the next range of a part: the run with the rows of the batch and the size of the next one, the part moved on
(null when it is through), and what is put off to the last pass because somebody holds it.';

revoke all on function pydb_internal.retention_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
