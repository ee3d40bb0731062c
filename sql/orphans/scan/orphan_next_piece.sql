-- pydb_internal.orphan_next_piece (scan; by orphan_scan_piece): the next piece of a child to look at: several small
-- partitions, or a range of blocks of one.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_next_piece(p_child oid, p_progress pydb_internal.orphan_progress)
returns pydb_internal.orphan_piece
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_piece pydb_internal.orphan_piece;
    v_left bigint := p_progress.range;
    v_is_all boolean := true;
    v_leaf record;
begin
    v_piece.leaves := '{}';
    v_piece.from_block := 0;
    for v_leaf in
        select l.relation, l.blocks, l.is_foreign or l.relation in (
            select u.relation from unnest(p_progress.done) as u (relation)
        ) as is_out
        from pydb_internal.orphan_leaves(p_child) as l
        -- one that was begun is ended first
        order by l.relation = p_progress.leaf desc nulls last, l.relation
    loop
        if v_leaf.is_out then
            v_is_all := false;
            continue;
        elsif v_leaf.blocks <= v_left and not (v_piece.leaves = '{}' and p_progress.at > 0) then
            v_piece.leaves := v_piece.leaves || v_leaf.relation;
            v_left := v_left - v_leaf.blocks;
            continue;
        elsif v_piece.leaves = '{}' then
            v_piece.leaves := array[v_leaf.relation];
            v_piece.from_block := p_progress.at;
            -- the last range has no end: rows that arrive behind it are seen
            if p_progress.at + p_progress.range < v_leaf.blocks then
                v_piece.until_block := p_progress.at + p_progress.range;
            end if;
        end if;
        v_is_all := false;
        exit;
    end loop;
    -- to plan for a table with its partitions is cheap; for a union of them it takes time with their square
    v_piece.leaves := case when v_is_all then array[p_child] else v_piece.leaves[:500] end;
    return v_piece;
end
$$;

comment on function pydb_internal.orphan_next_piece(oid, pydb_internal.orphan_progress) is
'The next piece, at most "range" blocks of a scan''s progress in all: the child itself where that is all of it. Without
relations: the scan is through.';

revoke all on function pydb_internal.orphan_next_piece(oid, pydb_internal.orphan_progress) from public;
