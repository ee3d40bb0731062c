-- pydb_internal.archive_manifest_store (files; by archive_manifest_enter): enter a file that was read back and found
-- whole.
-- writes pydb.archive_manifest, pydb_internal.draft   locks nothing
-- raises YD005
create or replace function pydb_internal.archive_manifest_store(p_draft bigint)
returns bigint
language plpgsql
security definer -- the table is writable through this function alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_draft constant pydb_internal.draft := pydb_internal.draft_take('archive_manifest', p_draft);
    v_manifest constant jsonb := v_draft.content -> 'manifest';
    v_id bigint;
begin
    insert into pydb.archive_manifest (
        file, place, policy, run_id, relation, source_name, columns, key_columns, rows, bytes_raw, bytes, sha256,
        digest, oldest, newest, cutoff, system_identifier, database_oid, manifest,
        archived_run_id
    )
    values (
        v_manifest ->> 'file', v_draft.content ->> 'place', v_manifest ->> 'policy',
        (v_draft.content ->> 'run_id')::bigint, (v_manifest ->> 'relation')::oid, v_manifest ->> 'source',
        v_manifest -> 'columns', array(select jsonb_array_elements_text(v_manifest -> 'key')),
        (v_manifest ->> 'rows')::bigint, (v_manifest ->> 'bytes_raw')::bigint, (v_manifest ->> 'bytes')::bigint,
        v_manifest ->> 'sha256', v_manifest ->> 'digest', (v_manifest ->> 'oldest')::timestamptz,
        (v_manifest ->> 'newest')::timestamptz, (v_manifest ->> 'cutoff')::timestamptz,
        (v_manifest ->> 'system_identifier')::bigint, (v_manifest ->> 'database_oid')::oid, v_manifest,
        (v_manifest ->> 'archived_run')::bigint
    )
    returning id into v_id;
    return v_id;
end
$$;

comment on function pydb_internal.archive_manifest_store(bigint) is
'Stores a manifest whose draft was checked in this transaction, and returns its id.';

revoke all on function pydb_internal.archive_manifest_store(bigint) from public;
