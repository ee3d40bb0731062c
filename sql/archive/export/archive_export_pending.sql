-- pydb_internal.archive_export_pending (export; for pydb/archive/carry.py): files of archived rows that were not all
-- taken out of their archive yet: those of a request, and those of runs that are over.
-- reads pydb.archive_manifest, pydb_internal.archive_chunk, pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_export_pending(p_scope jsonb, p_request uuid)
returns table (manifest_id bigint, file text, place text, manifest jsonb, rows_left bigint, is_ready boolean)
language sql
stable
security definer -- exporters do not read the table of chunks
set search_path = pg_catalog, pg_temp
as $$
    select m.id, m.file, m.place, m.manifest, sum(cardinality(c.tids))::bigint, bool_or(not c.is_late)
    from pydb_internal.archive_chunk as c
    inner join pydb.archive_manifest as m on m.id = c.manifest_id
    left join pydb.job_run as r on r.id = c.run_id
    where m.archived_run_id is not null and m.created_by = session_user
        and ((p_scope ->> 'run') is null or m.archived_run_id = (p_scope ->> 'run')::bigint)
        and ((p_scope ->> 'archive') is null or m.relation = (p_scope ->> 'archive')::oid)
        and pydb_internal.archive_is_own(m.system_identifier, m.database_oid)
        and (r.request = p_request or coalesce(r.state, 'failed') <> 'running' or pydb_internal.run_is_dead(r))
    group by m.id
    order by m.id;
$$;

comment on function pydb_internal.archive_export_pending(jsonb, uuid) is
'Files that this login exported of what archive_export_scope describes, and whose rows are still to be taken out.';

revoke all on function pydb_internal.archive_export_pending(jsonb, uuid) from public;
