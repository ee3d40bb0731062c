-- pydb_internal.archive_export_release (export): what a policy has archived on its way to files stays in the
-- archive, as any other row.
-- writes pydb.archive_run   locks its rows there
-- raises nothing
create or replace function pydb_internal.archive_export_release(p_policy text)
returns void
language sql -- as the owner: whoever calls it is
set search_path = pg_catalog, pg_temp
as $$
    update pydb.archive_run as a set export_policy = null where a.export_policy = p_policy;
$$;

comment on function pydb_internal.archive_export_release(text) is
'Lets the time of archives hold again for what a policy would have taken to files: it is gone, or does not export any
more.';

revoke all on function pydb_internal.archive_export_release(text) from public;
