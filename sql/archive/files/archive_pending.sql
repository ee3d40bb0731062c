-- pydb_internal.archive_pending (files; for pydb/archive/export.py): files of a policy whose rows an earlier run was to
-- delete, and did not.
-- reads pydb.archive_manifest, pydb_internal.archive_chunk   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_pending(p_policy text)
returns table (manifest_id bigint, file text, place text, manifest jsonb, rows_left bigint, is_ready boolean)
language sql
stable
security definer -- exporters do not read the table of chunks
set search_path = pg_catalog, pg_temp
as $$
    select m.id, m.file, m.place, m.manifest, sum(cardinality(c.tids))::bigint, bool_or(not c.is_late)
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id
    where m.policy = p_policy and m.created_by = session_user
        and (m.system_identifier, m.database_oid) in (
            -- asked once for a server, not for each chunk
            select d.system_identifier, d.database_oid
            from (
                select distinct n.system_identifier, n.database_oid
                from pydb_internal.archive_chunk as o
                inner join pydb.archive_manifest as n on n.id = o.manifest_id
                where n.policy = p_policy
                offset 0
            ) as d
            where pydb_internal.archive_is_own(d.system_identifier, d.database_oid)
        )
    group by m.id
    order by m.id;
$$;

comment on function pydb_internal.archive_pending(text) is
'Files that this login exported for a policy from this database and whose rows were not all tried yet: a run is at
it, or was interrupted. is_ready: some of them have not had their first chance.';

revoke all on function pydb_internal.archive_pending(text) from public;
