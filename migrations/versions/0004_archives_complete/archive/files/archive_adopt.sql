-- pydb_internal.archive_adopt (files): what an interrupted run was to delete goes to another one, or to none.
-- writes pydb_internal.archive_chunk, pydb.archive_manifest   locks the rows
-- raises nothing
create or replace function pydb_internal.archive_adopt(p_manifest bigint, p_request uuid)
returns boolean
language plpgsql
security definer -- the tables are writable through these functions alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_run bigint;
begin
    if not exists (
        select from pydb.archive_manifest as m where m.id = p_manifest and m.created_by = session_user
    ) then
        return false;
    end if;
    if p_request is null then
        delete from pydb_internal.archive_chunk as c where c.manifest_id = p_manifest;
        update pydb.archive_manifest as m set settled_at = clock_timestamp() where m.id = p_manifest;
        return true;
    end if;
    select r.id into v_run
    from pydb.job_run as r
    where r.request = p_request and r.run_kind in ('export', 'archive_export') and r.state = 'running'
        and r.actor = session_user;
    update pydb_internal.archive_chunk as c set run_id = v_run, is_late = false
    where c.manifest_id = p_manifest and v_run is not null;
    return found;
end
$$;

comment on function pydb_internal.archive_adopt(bigint, uuid) is
'Gives the rows of a file that the same login exported to the live run of a request; null = nobody deletes for it any
more, its rows stay. False if there is nothing to give, or no such run.';

revoke all on function pydb_internal.archive_adopt(bigint, uuid) from public;
