-- pydb_internal.archive_exporter_of (files; by archive_exporter_wait): the session that writes the files for a
-- request.
-- reads pydb_internal.archive_exporter   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_exporter_of(p_request uuid)
returns pydb_internal.archive_exporter
language sql
stable
security definer -- runs do not read the table
set search_path = pg_catalog, pg_temp
as $$
    select e from pydb_internal.archive_exporter as e where e.request = p_request and e.login = session_user;
$$;

comment on function pydb_internal.archive_exporter_of(uuid) is
'Who writes files for a request of the same login; null = nobody.';

revoke all on function pydb_internal.archive_exporter_of(uuid) from public;
