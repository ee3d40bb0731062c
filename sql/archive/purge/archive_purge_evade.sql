-- pydb_internal.archive_purge_evade (purge; by archive_purge): hook of purges: smaller ranges, whatever the error.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_purge_evade(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_turn pydb_internal.run_turn;
    v_blocks constant bigint := (p_run.work ->> 'blocks')::bigint;
begin
    v_turn.run := p_run;
    if v_blocks > 1 then
        v_turn.run.work := p_run.work || jsonb_build_object('blocks', v_blocks / 2);
        v_turn.part := p_part;
    end if;
    return v_turn;
end
$$;

comment on function pydb_internal.archive_purge_evade(pydb_internal.run_state, pydb_internal.run_part) is
'The part again with half the range; at one block the engine decides by the error.';

revoke all on function pydb_internal.archive_purge_evade(pydb_internal.run_state, pydb_internal.run_part) from public;
