-- pydb_internal.retention_partition_turn (partition): the turn of a part that is a partition: it
-- goes as a whole, in one transaction, others with it.
-- writes the catalog, pydb.retention_partition, pydb.audit_log   locks its table and the partition (access exclusive)
-- raises 55P03, and what the statements raise
create or replace function pydb_internal.retention_partition_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_policy constant pydb.retention_policy := pydb_internal.retention_policy_of(p_run);
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_parent oid;
    v_is_pending boolean;
    v_say record;
    v_rows record;
    v_all oid[];
    v_gone record;
begin
    perform pydb_internal.hold_enter(); -- none is placed from here to the commit
    v_turn.run := p_run;
    select i.inhparent, i.inhdetachpending into v_parent, v_is_pending
    from pg_inherits as i where i.inhrelid = p_part.relation;
    if p_part.at_block = 1 or (v_parent is null and not p_part.is_ended)
        or not exists (select 1 from pg_class as c where c.oid = p_part.relation)
    then
        return v_turn; -- given up (retention_partition_evade), or gone by other hands
    elsif p_part.is_ended and v_is_pending then
        return pydb_internal.retention_partition_finalize(p_run, p_part);
    elsif p_part.is_ended and pydb_internal.retention_partition_held(v_policy, p_part.relation) <> '{}' then
        v_work.held := coalesce(v_work.held, 0) + greatest(p_part.due, 1); -- held since it was taken out of its table
        v_turn.run.work := to_jsonb(v_work);
        return v_turn;
    elsif v_parent = v_policy.target and pydb_internal.relation_is_hypertable(v_parent) then
        return pydb_internal.retention_chunk_turn(v_policy, p_run, p_part);
    elsif v_work.parts_since is not null then -- while it waits for others it costs them next to nothing
        perform pydb_internal.retention_check_unused(v_parent, array[p_part.relation]);
    end if;
    if pydb_internal.retention_shut(
        v_policy, v_work.cutoff, p_part.relation, p_part.is_ended and p_part.from_block is null
    ) then
        v_work.blocked := v_work.blocked + greatest(p_part.due, 1); -- kept since it was taken out of its table
        v_turn.run.work := to_jsonb(v_work);
        return v_turn;
    elsif not p_part.is_ended then
        select v.* into v_say
        from pydb_internal.retention_partition_bounds(v_policy, v_work.cutoff, v_parent) as b
        cross join lateral pydb_internal.retention_partition_verdict(v_policy, v_work.cutoff, b) as v
        where b.partition = p_part.relation;
        if v_say.code is distinct from 'partition_old' then
            v_work.blocked := v_work.blocked + p_part.due; -- something came in between
            v_turn.run.work := to_jsonb(v_work);
            return v_turn;
        end if;
    end if;
    v_rows := pydb_internal.retention_partition_rows(p_part.relation);
    if p_part.from_block is null and p_run.kind <> 'export' and v_rows.rows > p_run.max_rows - p_run.done then
        v_turn.run.state := 'partial';
        v_turn.run.reason := 'row_budget';
        v_turn.run.error := format('%s holds %s, and %s are left of max_rows', pydb_internal.relation_name(
            p_part.relation
        ), pydb_internal.rows_text(v_rows.rows), p_run.max_rows - p_run.done);
        return v_turn;
    end if;
    if v_policy.partition_first is not null and p_part.is_ended then
        return pydb_internal.retention_save_turn(p_run, p_part);
    elsif v_policy.partition_first is not null then
        return pydb_internal.retention_save_detach(p_run, p_part);
    end if;
    v_all := array[p_part.relation] || case
        -- after a failure one by one, so that one that is in use keeps no other
        when p_part.is_ended or v_work.parts_since is not null or pydb_internal.retention_has_rules(v_policy)
            then '{}'::oid[] -- of which retention_shut would have to know, too
        else pydb_internal.retention_together(
            v_policy, v_work, v_parent, p_part.relation, p_run.max_rows - p_run.done - v_rows.rows
        )
    end;
    -- the rest is one transaction
    v_gone := pydb_internal.retention_together_remove(v_policy, p_run.run_id, v_parent, v_all);
    v_work.parts_since := null;
    v_work.parts_done := coalesce(v_work.parts_done, 0) + cardinality(v_all);
    v_work.parts_rows := coalesce(v_work.parts_rows, 0) + v_gone.rows;
    v_work.parts_most := pydb_internal.retention_together_most(v_work.parts_most, cardinality(v_all), v_gone.held);
    v_turn.run.work := to_jsonb(v_work);
    v_turn.run.rows := v_gone.rows;
    v_turn.through := v_all;
    v_turn.run.wake_at := pydb_internal.retention_together_next(
        v_gone.held, cardinality(v_all), v_work.parts_done < cardinality(v_work.parts_planned)
    );
    return v_turn;
end
$$;

comment on function pydb_internal.retention_partition_turn(pydb_internal.run_state, pydb_internal.run_part) is
'The run after a partition went (and more of the same table, under one lock), with the rows; no part is left.
Nothing happens to one that may not go any more; a partition larger than what is left of max_rows ends the run.';

revoke all on function pydb_internal.retention_partition_turn(pydb_internal.run_state, pydb_internal.run_part)
    from public;
