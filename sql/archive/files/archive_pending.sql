-- pydb_internal.archive_pending (files): files of a policy whose rows an earlier run was to delete, and did not.
-- reads pydb.archive_manifest, pydb_internal.archive_chunk   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_pending(p_policy text)
returns table (manifest_id bigint, file text, place text, manifest jsonb, rows_left bigint)
language sql
stable
security definer -- exporters do not read the table of chunks
set search_path = pg_catalog, pg_temp
as $$
    select m.id, m.file, m.place, m.manifest, (
        select coalesce(sum(cardinality(c.tids)), 0)::bigint from pydb_internal.archive_chunk as c
        where c.manifest_id = m.id
    )
    from pydb.archive_manifest as m
    where m.policy = p_policy and m.created_by = session_user
        and m.system_identifier = (select s.system_identifier from pg_control_system() as s)
        and exists (select from pydb_internal.archive_chunk as c where c.manifest_id = m.id)
    order by m.id;
$$;

comment on function pydb_internal.archive_pending(text) is
'Files that this login exported for a policy on this server and whose rows were not all tried yet: a run was interrupted.';

revoke all on function pydb_internal.archive_pending(text) from public;
