-- pydb_internal.archive_manifest_vet (files; by archive_manifest_enter): hook of drafts: check the manifest of a file
-- as whoever exported it.
-- reads pydb.job_run, the catalog   writes nothing   locks nothing
-- raises YD005 YD110 YD622
create or replace function pydb_internal.archive_manifest_vet(p_draft jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_relation constant oid := (p_draft -> 'manifest' ->> 'relation')::oid;
    v_run bigint;
begin
    if not pydb_internal.archive_is_own(
        (p_draft -> 'manifest' ->> 'system_identifier')::bigint, (p_draft -> 'manifest' ->> 'database_oid')::oid
    ) then
        raise exception using errcode = 'YD622', message = 'the file belongs to another database',
            detail = format('It is of server %s, database %s.', p_draft -> 'manifest' ->> 'system_identifier',
                p_draft -> 'manifest' ->> 'database_oid'),
            hint = 'Import it; rows are deleted for a file only where they were exported: pydb archive import';
    elsif not coalesce(has_table_privilege(v_relation, 'SELECT') and has_table_privilege(v_relation, 'DELETE'), false)
    then
        raise exception using errcode = 'YD005',
            message = format('%s may not delete from %s', current_user, coalesce(
                pydb_internal.relation_name(v_relation), 'relation ' || coalesce(v_relation::text, 'null')
            )),
            detail = 'A file is entered by who may delete the rows that are in it.',
            hint = format('grant select, delete on %s to %I;', pydb_internal.relation_name(v_relation), current_user);
    end if;
    select r.id into v_run
    from pydb.job_run as r
    where r.request = (p_draft ->> 'request')::uuid and r.run_kind in ('export', 'archive_export')
        and r.state = 'running' and r.actor = session_user;
    if v_run is null then
        raise exception using errcode = 'YD110', message = 'the run that the file was exported for has ended',
            detail = 'The file stays; its rows are still in the table.', hint = 'pydb archive export';
    end if;
    return p_draft || jsonb_build_object('run_id', v_run);
end
$$;

comment on function pydb_internal.archive_manifest_vet(jsonb) is
'The draft of a manifest (manifest, place, request) with the live run it belongs to; raises if the file is of another
server, or the current role may not delete from its table.';

revoke all on function pydb_internal.archive_manifest_vet(jsonb) from public;
