-- pydb_internal.cascade_evade (job; by cascade_run): hook of cascade jobs: a way around an error: fewer relations, then
-- fewer rows.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_evade(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_work pydb_internal.cascade_work := jsonb_populate_record(null::pydb_internal.cascade_work, p_run.work);
    v_turn pydb_internal.run_turn;
    v_count constant integer := cardinality(
        (pydb_internal.cascade_job_take(p_part.chunks, v_work.size, v_work.width)).chunks
    );
    v_half integer;
begin
    v_turn.run := p_run;
    if left(p_run.sqlstate, 2) = '23' then
        -- a child that came in between shows when the same rows are looked at again; but around a row that a constraint
        -- keeps there is no way: its root stays, and so must all that is still there
        return v_turn;
    elsif p_part.strategy = 'purge' then
        -- a part of half of its rows; the next look finds the others
        v_half := cardinality(p_part.chunks[1].tids) / 2;
        if v_half > 0 then
            v_turn.part := p_part;
            v_turn.part.chunks[1].tids := p_part.chunks[1].tids[:v_half];
            v_turn.part.chunks[1].versions := p_part.chunks[1].versions[:v_half];
        end if;
        return v_turn;
    elsif v_count > 1 and (pydb_internal.run_fault(p_run.sqlstate)).passes then
        -- what is in the way of one relation is not to keep the others
        v_work.width := v_count / 2;
        v_turn.part := p_part;
    else
        v_work.size := greatest(v_work.size / 2, 1);
    end if;
    v_turn.run.work := to_jsonb(v_work);
    return v_turn;
end
$$;

comment on function pydb_internal.cascade_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The run and its part after an error whose batch was rolled back: half of its relations; of one relation only smaller,
and no part; where a constraint refused, neither: the same rows again, or the end.';

revoke all on function pydb_internal.cascade_evade(pydb_internal.run_state, pydb_internal.run_part) from public;
