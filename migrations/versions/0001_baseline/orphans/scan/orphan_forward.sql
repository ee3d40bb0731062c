-- pydb_internal.orphan_forward (scan; by orphan_advance): add a piece that was looked at to the progress of a scan, and
-- size the next one.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_forward(
    p_edge pydb_internal.reference_edge,
    p_progress jsonb,
    p_look jsonb,
    p_leaves oid[],
    p_until bigint,
    p_is_whole boolean,
    p_pace double precision
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_total constant bigint := (
        select sum(l.blocks)::bigint from pydb_internal.orphan_leaves(p_edge.child) as l
    );
    v_ended constant boolean := p_is_whole or p_until is null;
    v_blocks bigint;
    v_done jsonb := p_progress -> 'done';
begin
    if v_ended then
        v_done := v_done || to_jsonb(p_leaves::bigint[]);
    end if;
    v_blocks := coalesce((
        select sum(l.blocks)::bigint from pydb_internal.orphan_leaves(p_edge.child) as l
        where v_done @> to_jsonb(l.relation::bigint)
    ), 0) + case when v_ended then 0 else p_until end;
    return p_progress || jsonb_build_object(
        'done', v_done, 'blocks', v_blocks, 'at', case when v_ended then 0 else p_until end,
        'leaf', case when not v_ended then p_leaves[1]::bigint end,
        'filenode', case when not v_ended then pg_relation_filenode(p_leaves[1]::regclass)::bigint end,
        'coverage', round(least(v_blocks / greatest(v_total, 1)::numeric, 0.999), 3),
        'range', greatest(
            -- each piece may have to hash the parent anew: four times its size makes that a quarter of the work
            least(4 * (pg_relation_size(p_edge.parent) / current_setting('block_size')::bigint), 131072),
            ((p_progress ->> 'range')::bigint * least(greatest(p_pace, 0.25), 4))::bigint, 64
        ),
        'orphans', (p_progress ->> 'orphans')::bigint + (p_look ->> 'orphans')::bigint,
        'unconfirmed', (p_progress ->> 'unconfirmed')::bigint + (p_look ->> 'unconfirmed')::bigint,
        'partly_null', (p_progress ->> 'partly_null')::bigint + (p_look ->> 'partly_null')::bigint,
        'checked_rows', (p_progress ->> 'checked_rows')::bigint + (p_look ->> 'checked_rows')::bigint,
        'sample', (p_progress -> 'sample') || (p_look -> 'sample')
    );
end
$$;

comment on function pydb_internal.orphan_forward(
    pydb_internal.reference_edge, jsonb, jsonb, oid[], bigint, boolean, double precision
) is
'Progress after a piece: position, sums, share of blocks. p_pace: by how much the next piece may be larger.';

revoke all on function pydb_internal.orphan_forward(
    pydb_internal.reference_edge, jsonb, jsonb, oid[], bigint, boolean, double precision
) from public;
