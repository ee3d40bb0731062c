-- pydb_internal.archive_export_rows (export; by archive_export_turn): take rows that a verified file holds out of their
-- archive, exactly those, and note it.
-- writes the archive, pydb.archive_run, pydb.archive_manifest, pydb_internal.archive_chunk   locks the rows it deletes
-- raises YD005
create or replace function pydb_internal.archive_export_rows(
    p_run_id bigint,
    p_manifest bigint,
    p_number integer,
    p_limit bigint
)
returns bigint
language plpgsql
security definer -- which rows go is decided by what was entered for a verified file, by nothing else
set search_path = pg_catalog, pg_temp
as $$
declare
    v_chunk pydb_internal.archive_chunk;
    v_most bigint;
    v_archived bigint;
    v_rows bigint;
begin
    select c.* into v_chunk
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id
    inner join pydb.archive_table as t on t.archive = m.relation
    where c.manifest_id = p_manifest and c.number = p_number and c.run_id = p_run_id
        and m.created_by = session_user and pydb_internal.archive_is_own(m.system_identifier, m.database_oid)
        and pydb_internal.run_is_own(p_run_id, 'archive_export');
    if not found then
        raise exception using errcode = 'YD005', message = format('run %s takes nothing out of archives', p_run_id),
            detail = 'It is no live export of this process, or that is no file of it.',
            hint = 'pydb archive export --run RUN --to DIRECTORY';
    end if;
    v_most := least(p_limit, cardinality(v_chunk.tids));
    select m.archived_run_id into v_archived from pydb.archive_manifest as m where m.id = p_manifest;
    perform pydb_internal.archive_enter(v_chunk.relation);
    -- these versions and no others: a place alone may hold another row by now
    execute format(
        'delete from only %s as a where a.ctid = any($1) and a.xmin = any($2) and a.pydb_run_id = $3%s',
        pydb_internal.relation_name(v_chunk.relation), pydb_internal.archive_free_condition(v_chunk.relation)
    ) using v_chunk.tids[:v_most], v_chunk.versions, v_archived;
    get diagnostics v_rows = row_count;
    update pydb.archive_run as r set purged = r.purged + v_rows, exported = r.exported + v_rows
    where r.run_id = v_archived and r.archive = v_chunk.relation;
    perform pydb_internal.archive_chunk_account(
        p_run_id, p_manifest, p_number, v_rows, cardinality(v_chunk.tids) <= v_most, false
    );
    return v_rows;
end
$$;

comment on function pydb_internal.archive_export_rows(bigint, bigint, integer, bigint) is
'Deletes the rows of a chunk (p_limit of them at most) from the archive, adds them to purged and exported in
pydb.archive_run and to the file''s own account, and returns how many; YD005 unless a live export of this process says
so.';

revoke all on function pydb_internal.archive_export_rows(bigint, bigint, integer, bigint) from public;
