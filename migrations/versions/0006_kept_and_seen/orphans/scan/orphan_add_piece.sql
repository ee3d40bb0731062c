-- pydb_internal.orphan_add_piece (scan; by orphan_scan_piece): add a piece that was looked at to the progress of a
-- scan, and size the next one.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_add_piece(
    p_edge pydb_internal.reference_edge,
    p_progress pydb_internal.orphan_progress,
    p_piece pydb_internal.orphan_piece,
    p_counts pydb_internal.orphan_counts,
    p_took double precision,
    p_target double precision
)
returns pydb_internal.orphan_progress
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_total bigint;
    v_blocks bigint;
begin
    if p_piece.until_block is null then
        p_progress.done := p_progress.done || p_piece.leaves;
        p_progress.at := 0;
        p_progress.leaf := null;
        p_progress.filenode := null;
    else
        p_progress.at := p_piece.until_block;
        p_progress.leaf := p_piece.leaves[1];
        p_progress.filenode := pg_relation_filenode(p_progress.leaf::regclass);
    end if;
    if p_piece.leaves = array[p_edge.child] and p_piece.until_block is null then
        p_progress.remaining := 0; -- that was all of it
        p_progress.coverage := 0.999;
    else
        select
            sum(l.blocks)::bigint, coalesce(sum(l.blocks) filter (where l.is_done), 0)::bigint + p_progress.at,
            (count(*) filter (where not l.is_done and not l.is_foreign))::integer
        into v_total, v_blocks, p_progress.remaining
        from (
            select t.blocks, t.is_foreign, p_edge.child = any(p_progress.done) or t.relation in (
                select u.relation from unnest(p_progress.done) as u (relation)
            ) as is_done
            from pydb_internal.orphan_leaves(p_edge.child) as t
        ) as l;
        p_progress.coverage := round(least(v_blocks / greatest(v_total, 1)::numeric, 0.999), 3);
    end if;
    p_progress.range := greatest(
        -- each piece may have to hash the parent anew: four times its size makes that a quarter of the work
        least(4 * (pg_relation_size(p_edge.parent) / current_setting('block_size')::bigint), 131072),
        (p_progress.range * least(greatest(p_target / greatest(p_took, 0.1), 0.25), 4))::bigint, 64
    );
    p_progress.orphans := p_progress.orphans + p_counts.orphans;
    p_progress.unconfirmed := p_progress.unconfirmed + p_counts.unconfirmed;
    p_progress.partly_null := p_progress.partly_null + p_counts.partly_null;
    p_progress.checked_rows := p_progress.checked_rows + p_counts.checked_rows;
    p_progress.sample := p_progress.sample || p_counts.sample;
    return p_progress;
end
$$;

comment on function pydb_internal.orphan_add_piece(
    pydb_internal.reference_edge, pydb_internal.orphan_progress, pydb_internal.orphan_piece,
    pydb_internal.orphan_counts, double precision, double precision
) is
'Progress after a piece that took p_took milliseconds of p_target: position, sums, share of blocks, size of the next.';

revoke all on function pydb_internal.orphan_add_piece(
    pydb_internal.reference_edge, pydb_internal.orphan_progress, pydb_internal.orphan_piece,
    pydb_internal.orphan_counts, double precision, double precision
) from public;
