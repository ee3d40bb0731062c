-- pydb_internal.orphan_repair_evade (repair; by orphan_repair): hook of repairs: a way around an error: a smaller
-- batch, row by row.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_repair_evade(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.orphan_repair_work := jsonb_populate_record(
        null::pydb_internal.orphan_repair_work, p_run.work
    );
    v_is_refused constant boolean := p_run.by_row;
    v_turn pydb_internal.run_turn;
begin
    v_turn.run := p_run;
    if cardinality(p_part.chunks) > 0 and not v_work.is_by_row and (v_is_refused or p_run.sqlstate = '55P03') then
        v_turn.part := p_part;
        -- somebody holds a row here, or a constraint or a trigger keeps one, which is found by halving: its neighbours
        -- one by one
        v_work.is_by_row := not v_is_refused or v_work.size = 1;
        v_work.size := case when v_is_refused then greatest(v_work.size / 2, 1) else 1 end;
    else
        v_work.size := greatest(v_work.size / 2, 1);
    end if;
    v_turn.run.work := to_jsonb(v_work);
    return v_turn;
end
$$;

comment on function pydb_internal.orphan_repair_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The run after an error whose turn was rolled back, with a smaller batch or one that goes row by row; where that does
not help (no part) the engine decides.';

revoke all on function pydb_internal.orphan_repair_evade(pydb_internal.run_state, pydb_internal.run_part) from public;
