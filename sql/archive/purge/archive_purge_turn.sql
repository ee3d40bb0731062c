-- pydb_internal.archive_purge_turn (purge; by archive_purge): hook of purges: remove what is due from the next blocks
-- of an archive.
-- writes the archive, pydb.archive_run   locks the rows it deletes
-- raises YD005
create or replace function pydb_internal.archive_purge_turn(
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_start constant timestamptz := clock_timestamp();
    v_blocks constant bigint := greatest((p_run.work ->> 'blocks')::bigint, 1);
    v_turn pydb_internal.run_turn;
begin
    v_turn.run := p_run;
    v_turn.run.rows := pydb_internal.archive_purge_rows(
        p_run.run_id, p_part.relation, p_part.at_block, p_part.at_block + v_blocks
    );
    if p_part.at_block + v_blocks < p_part.until_block then
        v_turn.part := p_part;
        v_turn.part.at_block := p_part.at_block + v_blocks;
    end if;
    v_turn.run.work := p_run.work || jsonb_build_object('blocks', least(greatest(pydb_internal.run_size(
        v_blocks, extract(epoch from clock_timestamp() - v_start)::float8 * 1000,
        extract(epoch from pydb_internal.setting_get(p_name => 'batch_target')::interval)::float8 * 1000
    ), 1), 1000000)::bigint);
    return v_turn;
end
$$;

comment on function pydb_internal.archive_purge_turn(pydb_internal.run_state, pydb_internal.run_part) is
'Removes what is due from a range of blocks of an archive; the next range is larger or smaller by the time that took.';

revoke all on function pydb_internal.archive_purge_turn(pydb_internal.run_state, pydb_internal.run_part) from public;
