-- pydb_internal.retention_partition_evade (partition; by retention_evade): after an error about a partition: again a
-- little later while somebody holds it, and not at all where it cannot go.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_evade(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_now constant timestamptz := clock_timestamp();
    v_turn pydb_internal.run_turn;
begin
    v_turn.run := p_run;
    v_turn.part := p_part;
    v_work.parts_since := coalesce(v_work.parts_since, v_now);
    if p_run.sqlstate not in ('55P03', '40P01', '40001') then
        if p_run.sqlstate like any (array['08%', '53%', '57%', '58%', 'XX%', 'YD%']) then
            v_turn.part := null; -- no matter of this partition
            return v_turn;
        end if;
        v_turn.part.at_block := 1;
        v_work.parts_since := null;
        v_work.faulty := v_work.faulty + greatest(p_part.due, 1);
        v_work.fault := coalesce(v_work.fault, format(
            '%s: %s', pydb_internal.relation_name(p_part.relation), p_run.error
        ));
        v_work.fault_code := coalesce(v_work.fault_code, p_run.sqlstate);
    elsif v_now - v_work.parts_since >= pydb_internal.setting_get(p_name => 'partition_patience')::interval then
        v_turn.part.at_block := 1;
        v_work.locked := v_work.locked + p_part.due;
        v_work.parts_stuck := coalesce(v_work.parts_stuck, 0) + 1;
        v_turn.run.notes := coalesce(p_run.notes, '{}') || case when v_work.parts_stuck <= 10 then array[format(
            '%s stays: %s', pydb_internal.relation_name(p_part.relation), p_run.error
        )] else '{}' end;
    else
        -- 50 to 100 ms, later more, so that it is tried a few times a second at most
        v_turn.run.wake_at := v_now + least(
            (0.5 + random() / 2) * greatest(v_now - v_work.parts_since, interval '100 ms'), interval '1 s'
        );
        v_turn.run.retries := p_run.retries + 1;
    end if;
    v_turn.run.work := to_jsonb(v_work);
    return v_turn;
end
$$;

comment on function pydb_internal.retention_partition_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The part again: after a pause, or (at_block 1) to be left, because the setting partition_patience is used up or because
the server refuses it.';

revoke all on function pydb_internal.retention_partition_evade(pydb_internal.run_state, pydb_internal.run_part)
    from public;
