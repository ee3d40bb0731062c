-- pydb_internal.orphan_conclude (scan): store the result of a scan that came to its end.
-- reads the catalog   writes pydb.orphan_finding   locks the row it writes
-- raises nothing
create or replace function pydb_internal.orphan_conclude(
    p_reference text,
    p_edge pydb_internal.reference_edge,
    p_progress jsonb
)
returns text
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_orphans constant bigint := (p_progress ->> 'orphans')::bigint;
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
            case when (p_progress ->> 'unconfirmed')::bigint > 0 then format(
                '%s without a parent may be younger than the least age: scan again later',
                pydb_internal.rows_text((p_progress ->> 'unconfirmed')::bigint)
            ) end,
            case when (p_progress ->> 'partly_null')::bigint > 0 then format(
                '%s with a key that is partly null, which MATCH FULL forbids',
                pydb_internal.rows_text((p_progress ->> 'partly_null')::bigint)
            ) end,
            pydb_internal.orphan_uncovered(p_edge)
        ), ''),
        orphans = v_orphans, unconfirmed = (p_progress ->> 'unconfirmed')::bigint,
        partly_null = (p_progress ->> 'partly_null')::bigint, checked_rows = (p_progress ->> 'checked_rows')::bigint,
        sample = p_progress -> 'sample', scanned_at = v_now,
        first_seen = case when v_orphans > 0 then coalesce(f.first_seen, v_now) end,
        last_seen = case when v_orphans > 0 then v_now else f.last_seen end
    where f.reference = p_reference;
    return v_status;
end
$$;

comment on function pydb_internal.orphan_conclude(text, pydb_internal.reference_edge, jsonb) is
'Writes the sums of a finished scan to the findings; partial if foreign partitions could not be looked at.';

revoke all on function pydb_internal.orphan_conclude(text, pydb_internal.reference_edge, jsonb) from public;
