-- pydb_internal.archive_manifest_enter (files; for pydb/archive/pieces.py): enter a file that was read back and found
-- whole: checked as the caller, stored as the owner.
-- reads and writes as archive_manifest_vet and archive_manifest_store   locks nothing
-- raises YD005 YD110 YD622
create or replace function pydb_internal.archive_manifest_enter(p_manifest jsonb, p_place text, p_request uuid)
returns bigint
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.archive_manifest_store(pydb_internal.draft_add('archive_manifest', jsonb_build_object(
        'manifest', p_manifest, 'place', p_place, 'request', p_request
    )));
end
$$;

comment on function pydb_internal.archive_manifest_enter(jsonb, text, uuid) is
'Enters the manifest of a file for the live run of a request, and returns its id.';

revoke all on function pydb_internal.archive_manifest_enter(jsonb, text, uuid) from public;
