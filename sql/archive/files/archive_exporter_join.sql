-- pydb_internal.archive_exporter_join (files; for pydb/archive/export.py): say that this session writes the files for
-- the run of a request.
-- writes pydb_internal.archive_exporter   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_exporter_join(p_request uuid)
returns void
language plpgsql
security definer -- the table is writable through these functions alone
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before constant timestamptz := clock_timestamp() - interval '30 days';
begin
    delete from pydb_internal.archive_exporter as e where e.joined_at < v_before;
    insert into pydb_internal.archive_exporter (request, pid, backend_start)
    values (p_request, pg_backend_pid(), coalesce((
        select a.backend_start from pg_stat_activity as a where a.pid = pg_backend_pid()
    ), '-infinity'));
end
$$;

comment on function pydb_internal.archive_exporter_join(uuid) is
'Enters this session as the one that writes files for a request; a run of that request waits for them while it lives.';

revoke all on function pydb_internal.archive_exporter_join(uuid) from public;
