-- pydb_internal.orphan_progress (scan; by orphan_advance): the position that a scan goes on from; the start where the
-- tables have changed since.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_progress(
    p_edge pydb_internal.reference_edge,
    p_progress jsonb,
    p_range bigint
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_signature constant text := md5(row(p_edge)::text);
begin
    if p_progress ->> 'signature' = v_signature and (
        -- blocks of a table that was rewritten since (TRUNCATE, VACUUM FULL, CLUSTER) hold other rows
        p_progress ->> 'leaf' is null
        or pg_relation_filenode((p_progress ->> 'leaf')::oid::regclass)::bigint = (p_progress ->> 'filenode')::bigint
    ) then
        return p_progress || jsonb_build_object('range', greatest((p_progress ->> 'range')::bigint, 1));
    end if;
    return jsonb_build_object(
        'signature', v_signature, 'range', p_range, 'done', '[]'::jsonb, 'at', 0, 'blocks', 0, 'coverage', 0,
        'orphans', 0, 'unconfirmed', 0, 'partly_null', 0, 'checked_rows', 0, 'sample', '[]'::jsonb,
        'started_at', clock_timestamp()
    );
end
$$;

comment on function pydb_internal.orphan_progress(pydb_internal.reference_edge, jsonb, bigint) is
'Progress of a scan of this edge: signature of the edge, relations done, the one begun and its next block, sums.';

revoke all on function pydb_internal.orphan_progress(pydb_internal.reference_edge, jsonb, bigint) from public;
