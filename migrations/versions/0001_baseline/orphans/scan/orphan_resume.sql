-- pydb_internal.orphan_resume (scan; by orphan_scan_piece): where the scan of a reference goes on: at the start where
-- the tables have changed since.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_resume(
    p_edge pydb_internal.reference_edge,
    p_progress jsonb,
    p_range bigint
)
returns pydb_internal.orphan_progress
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_signature constant text := pydb_internal.orphan_signature(p_edge);
    v_progress pydb_internal.orphan_progress := jsonb_populate_record(
        null::pydb_internal.orphan_progress, p_progress
    );
begin
    -- blocks of a table that was rewritten since (TRUNCATE, VACUUM FULL, CLUSTER) hold other rows
    if v_progress.signature = v_signature
        and (v_progress.leaf is null or pg_relation_filenode(v_progress.leaf::regclass) = v_progress.filenode)
    then
        return v_progress;
    end if;
    v_progress := null;
    v_progress.signature := v_signature;
    v_progress.range := p_range;
    v_progress.at := 0;
    v_progress.done := '{}';
    v_progress.coverage := 0;
    v_progress.orphans := 0;
    v_progress.unconfirmed := 0;
    v_progress.partly_null := 0;
    v_progress.checked_rows := 0;
    v_progress.sample := '[]';
    return v_progress;
end
$$;

comment on function pydb_internal.orphan_resume(pydb_internal.reference_edge, jsonb, bigint) is
'The progress of a scan of this edge as it was stored, if it can go on; else a new one, with pieces of p_range blocks.';

revoke all on function pydb_internal.orphan_resume(pydb_internal.reference_edge, jsonb, bigint) from public;
