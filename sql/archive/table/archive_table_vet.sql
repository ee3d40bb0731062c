-- pydb_internal.archive_table_vet (table): hook of drafts: may who asks for it have an archive for a table.
-- reads the catalog   writes nothing   locks nothing
-- raises YD004 YD005 YD601
create or replace function pydb_internal.archive_table_vet(p_draft jsonb)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source constant oid := pydb_internal.archive_top((p_draft ->> 'source')::oid);
    v_name constant text := pydb_internal.relation_name(v_source);
begin
    if v_name is null then
        raise exception using errcode = 'YD004', message = 'there is no such table to archive',
            detail = format('It has the number %s.', coalesce(p_draft ->> 'source', 'null')), hint = 'psql: \dt *.*';
    end if;
    perform pydb_internal.archive_check_table(v_source);
    -- who may delete the partition that the rows are in, need not have a right on the table above
    if not has_table_privilege((p_draft ->> 'source')::oid, 'DELETE') then
        raise exception using errcode = 'YD005', message = format('%I may not archive %s', current_user, v_name),
            detail = 'An archive takes rows that are deleted, and he may not delete there.',
            hint = format('grant select, delete on %s to %I;', v_name, current_user);
    end if;
    return jsonb_build_object('source', v_source);
end
$$;

comment on function pydb_internal.archive_table_vet(jsonb) is
'The draft with the table that gets the archive; raises YD601 for one that cannot have one, YD005 for who may not delete
there.';

revoke all on function pydb_internal.archive_table_vet(jsonb) from public;
