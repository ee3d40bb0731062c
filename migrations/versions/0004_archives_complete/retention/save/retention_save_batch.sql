-- pydb_internal.retention_save_batch (save; by retention_save_turn): move the next blocks of a large detached partition
-- into the archive of its table: what a statement deletes it inserts there.
-- writes the partition, the archive, pydb.archive_run   locks the rows it moves
-- raises what the statement raises
create or replace function pydb_internal.retention_save_batch(
    p_policy pydb.retention_policy,
    p_run pydb_internal.run_state,
    p_part pydb_internal.run_part
)
returns pydb_internal.run_turn
language plpgsql
set search_path = pg_catalog, pg_temp
set row_security = off
as $$
declare
    v_most constant bigint := 4096; -- blocks that are copied in the transaction of the drop
    v_from constant bigint := coalesce(p_part.from_block, 0);
    v_size constant bigint := coalesce(p_part.until_block, 1024);
    v_start constant timestamptz := clock_timestamp();
    v_work pydb_internal.retention_work := jsonb_populate_record(null::pydb_internal.retention_work, p_run.work);
    v_place record;
    v_parts text[];
    v_rows bigint;
    v_turn pydb_internal.run_turn;
begin
    v_turn.run := p_run;
    select
        b.*, sum(b.blocks) over () as all_blocks, bool_or(pydb_internal.relation_has_code(b.relation)) over () as code
    into v_place
    from (
        select l.relation, s.blocks, sum(s.blocks) over (order by l.relation) - s.blocks as start
        from pydb_internal.retention_leaves(p_part.relation) as l
        cross join lateral (
            select pg_relation_size(l.relation) / current_setting('block_size')::bigint as blocks
        ) as s
    ) as b
    order by v_from >= b.start and v_from < b.start + b.blocks desc
    limit 1;
    -- triggers of its own would see a delete, and no drop: then all of it in one
    if v_place.all_blocks - v_from <= v_most or v_place.code then
        return v_turn;
    end if;
    v_parts := pydb_internal.archive_statements(p_run.run_id, p_policy.target, format(
        'delete from only %s as t where t.ctid >= ''(%s,0)'' and t.ctid < ''(%s,0)''',
        pydb_internal.relation_name(v_place.relation), v_from - v_place.start, v_from - v_place.start + v_size
    ));
    execute format('/* pydb */ with %s %s', v_parts[1], v_parts[2]);
    get diagnostics v_rows = row_count;
    perform pydb_internal.archive_account(p_run.run_id, p_policy.target, v_rows);
    v_work.parts_rows := coalesce(v_work.parts_rows, 0) + v_rows;
    v_turn.run.work := to_jsonb(v_work);
    v_turn.run.rows := v_rows;
    v_turn.part := p_part;
    v_turn.part.from_block := v_from + least(v_size, v_place.start + v_place.blocks - v_from);
    v_turn.part.until_block := greatest(64, least(65536, pydb_internal.run_size(
        v_size, extract(epoch from clock_timestamp() - v_start)::float8 * 1000,
        pydb_internal.retention_target_ms(p_policy)
    )));
    return v_turn;
end
$$;

comment on function pydb_internal.retention_save_batch(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part
) is
'The run with the rows that were moved and the part, moved on; no part where what is left is little enough for one
transaction.';

revoke all on function pydb_internal.retention_save_batch(
    pydb.retention_policy, pydb_internal.run_state, pydb_internal.run_part
) from public;
