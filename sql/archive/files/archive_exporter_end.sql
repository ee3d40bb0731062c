-- pydb_internal.archive_exporter_end (files; for pydb/archive/export.py): say that there will be no more files for the
-- run of a request, and why.
-- writes pydb_internal.archive_exporter   locks its row
-- raises nothing
create or replace function pydb_internal.archive_exporter_end(p_request uuid, p_sqlstate text, p_error text)
returns void
language sql
security definer -- the table is writable through these functions alone
set search_path = pg_catalog, pg_temp
as $$
    update pydb_internal.archive_exporter as e set is_over = true, sqlstate = p_sqlstate, error = left(p_error, 2000)
    where e.request = p_request and e.login = session_user;
$$;

comment on function pydb_internal.archive_exporter_end(uuid, text, text) is
'No more files come for a request of the same login; a SQLSTATE and an error where that is no success.';

revoke all on function pydb_internal.archive_exporter_end(uuid, text, text) from public;
