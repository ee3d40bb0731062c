-- pydb_internal.retention_resume_position (run; by retention_open): begin where the last, unfinished run of the policy
-- stopped, and go round.
-- reads and writes pydb.job_run   locks the run's row
-- raises YD110
create or replace function pydb_internal.retention_resume_position(p_turn pydb_internal.run_turn)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_last record;
    v_place integer;
    v_part pydb_internal.run_part;
    v_rest pydb_internal.run_part;
    v_around pydb_internal.run_part[];
    v_relation oid;
    v_block bigint;
begin
    select l.* into v_last from pydb_internal.run_last('retention', (p_turn.run).subject) as l;
    -- what was learned while another reference had no index is forgotten, and what was learned of rows much smaller
    -- than these; the rest fades, the cause may be gone
    if v_last.detail -> 'learned' is not null and (p_turn.run).work ->> 'print'
        = coalesce(v_last.detail -> 'learned' ->> 'print', (p_turn.run).work ->> 'print')
        and ((p_turn.run).work ->> 'cost')::float8 > 8 * (v_last.detail -> 'learned' ->> 'cost')::float8 is not true
    then
        p_turn.run.work := (p_turn.run).work || (v_last.detail -> 'learned') || jsonb_build_object(
            'cost', greatest((v_last.detail -> 'learned' ->> 'cost')::float8 * 0.75, 0.002)
        );
    end if;
    if v_last.state is null or v_last.state = 'completed' or v_last.detail -> 'position' is null then
        return p_turn;
    end if;
    v_relation := (v_last.detail -> 'position' ->> 'relation')::oid;
    v_block := (v_last.detail -> 'position' ->> 'at')::bigint;
    select u.ordinality::integer into v_place
    from unnest(p_turn.parts) with ordinality as u
    where u.relation = v_relation and u.strategy = 'heap';
    if v_place is null or v_block is null then
        return p_turn;
    end if;
    -- from that block to the end, the relations behind, those before, and the blocks before it last
    v_part := p_turn.parts[v_place];
    v_rest := v_part;
    v_part.from_block := v_block;
    v_part.at_block := v_block;
    v_rest.until_block := least(v_block, v_rest.until_block);
    v_around := p_turn.parts[v_place + 1:] || p_turn.parts[:v_place - 1];
    p_turn.parts := case when v_block < v_part.until_block then v_part || v_around else v_around end || v_rest;
    perform pydb_internal.run_log_batch(
        (p_turn.run).run_id, 0, 0, jsonb_build_object('resumed_from', v_last.id)
    );
    return p_turn;
end
$$;

comment on function pydb_internal.retention_resume_position(pydb_internal.run_turn) is
'Gives a run the learned batch sizes of the last run, and, if that run did not finish, its position as the start.';

revoke all on function pydb_internal.retention_resume_position(pydb_internal.run_turn) from public;
