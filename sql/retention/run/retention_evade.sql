-- pydb_internal.retention_evade (run): hook of retention runs: a way around an error: around locked rows, a smaller
-- range, row by row.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_evade(
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
    v_turn pydb_internal.run_turn;
begin
    v_turn.run := p_run;
    if p_part.strategy = 'partition' then
        return pydb_internal.retention_partition_evade(p_run, p_part);
    elsif p_run.sqlstate = '55P03' and v_work.mode <> 'rows' then
        v_turn.part := p_part;
        if v_work.mode = 'plain' and has_table_privilege(p_part.relation, 'UPDATE') then
            v_work.mode := 'skip'; -- somebody holds a row here: go around it
        else
            -- or he holds a row that references it, which no skipping sees: then one row after the other
            if p_part.strategy = 'index' then
                v_turn.part.strategy := 'heap';
            end if;
            v_work.mode := 'rows';
            v_work.heap_range := least(v_work.heap_range, 4);
        end if;
    elsif v_work.mode <> 'rows' and p_run.by_row and (
        p_run.sqlstate <> '42501'
        or (v_work.way <> 'walk' and has_table_privilege(p_part.relation, 'SELECT, DELETE'))
    ) then
        -- a constraint or a trigger keeps some row: find it by halving, then take its neighbours one by one
        v_turn.part := p_part;
        if p_part.strategy = 'index' then
            v_turn.part.strategy := 'heap';
        elsif p_part.strategy = 'heap' and v_work.heap_range > 1 then
            v_work.heap_range := greatest(v_work.heap_range / 2, 1);
            v_work.index_range := greatest(v_work.index_range / 2, 1);
        else
            v_work.mode := 'rows';
        end if;
    else
        v_work.heap_range := greatest(v_work.heap_range / 2, 1);
        v_work.index_range := greatest(v_work.index_range / 2, 1);
    end if;
    v_turn.run.work := to_jsonb(v_work);
    -- a batch that was cut short has made the next ones smaller
    v_turn.run.detail := jsonb_build_object('learned', pydb_internal.retention_learned(v_work));
    return v_turn;
end
$$;

comment on function pydb_internal.retention_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The run and its part after an error whose batch was rolled back: around locked rows, row by row past what a row
raises; else only smaller, and no part.';

revoke all on function pydb_internal.retention_evade(pydb_internal.run_state, pydb_internal.run_part) from public;
