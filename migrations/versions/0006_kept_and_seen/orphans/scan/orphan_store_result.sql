-- pydb_internal.orphan_store_result (scan): store among the findings what a whole scan of a reference has counted.
-- reads the catalog   writes pydb.orphan_finding, pydb.orphan_part   locks the rows it writes
-- raises nothing
create or replace function pydb_internal.orphan_store_result(
    p_edge pydb_internal.reference_edge,
    p_counts pydb_internal.orphan_counts
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_foreign constant text := (
        select string_agg(l.name, ', ') from pydb_internal.orphan_leaves(p_edge.child) as l where l.is_foreign
    );
    v_status constant text := case when v_foreign is null then 'complete' else 'partial' end;
begin
    update pydb.orphan_finding as f
    set status = v_status, sqlstate = null, looked_at = v_now, progress = null,
        coverage = case when v_foreign is null then 1 else 0.999 end,
        reason = nullif(concat_ws(
            '; ', 'not looked at, because foreign: ' || v_foreign,
            case when p_counts.unconfirmed > 0 then format(
                '%s without a parent may be younger than the least age: scan again later',
                pydb_internal.rows_text(p_counts.unconfirmed)
            ) end,
            case when p_counts.partly_null > 0 then format(
                '%s with a key that is partly null, which MATCH FULL forbids',
                pydb_internal.rows_text(p_counts.partly_null)
            ) end,
            pydb_internal.orphan_uncovered(p_edge)
        ), ''),
        orphans = p_counts.orphans, unconfirmed = p_counts.unconfirmed, partly_null = p_counts.partly_null,
        checked_rows = p_counts.checked_rows, sample = p_counts.sample, scanned_at = v_now,
        first_seen = case when p_counts.orphans > 0 then coalesce(f.first_seen, v_now) end,
        last_seen = case when p_counts.orphans > 0 then v_now else f.last_seen end
    where f.reference = p_edge.reference;
    perform pydb_internal.orphan_part_clear(p_edge.reference);
    return v_status;
end
$$;

comment on function pydb_internal.orphan_store_result(pydb_internal.reference_edge, pydb_internal.orphan_counts) is
'Writes the counts of a whole scan to the findings; returns complete, or partial if foreign partitions could not be
looked at.';

revoke all on function pydb_internal.orphan_store_result(pydb_internal.reference_edge, pydb_internal.orphan_counts)
    from public;
