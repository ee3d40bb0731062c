-- pydb_internal.orphan_piece (scan; by orphan_advance): the next piece of a child to look at: several small partitions,
-- or a range of blocks of one.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_piece(
    p_child oid,
    p_progress jsonb,
    out leaves oid[],
    out until bigint,
    out is_whole boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_range constant bigint := (p_progress ->> 'range')::bigint;
    v_at constant bigint := (p_progress ->> 'at')::bigint;
    v_left bigint := v_range;
    v_leaf record;
begin
    leaves := '{}';
    is_whole := true;
    for v_leaf in
        select l.relation, l.blocks
        from pydb_internal.orphan_leaves(p_child) as l
        where not l.is_foreign and not (p_progress -> 'done') @> to_jsonb(l.relation::bigint)
        -- one that was begun is ended first
        order by l.relation::bigint = (p_progress ->> 'leaf')::bigint desc nulls last, l.relation
    loop
        if v_leaf.blocks <= v_left and not (cardinality(leaves) = 0 and v_at > 0) then
            leaves := leaves || v_leaf.relation;
            v_left := v_left - v_leaf.blocks;
            continue;
        elsif cardinality(leaves) = 0 then
            leaves := array[v_leaf.relation];
            until := v_at + v_range;
            is_whole := false;
            if until >= v_leaf.blocks then
                until := null; -- the last range has no end: rows that arrive behind it are seen
            end if;
        end if;
        exit;
    end loop;
end
$$;

comment on function pydb_internal.orphan_piece(oid, jsonb) is
'Relations of the next piece, at most "range" blocks of a scan''s progress in all. If it is not whole: blocks from "at"
until (null = the end) of the one relation. No relation is left: the scan is through.';

revoke all on function pydb_internal.orphan_piece(oid, jsonb) from public;
