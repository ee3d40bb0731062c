-- pydb_internal.archive_export_waiting (export; for pydb/archive/along.py): runs of a policy whose archived rows are on
-- their way to files.
-- reads pydb.archive_list   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_export_waiting(p_policy text)
returns table (run_id bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select l.run_id
    from pydb.archive_list as l
    where l.export_policy = p_policy and l.rows > 0
    group by l.run_id
    order by l.run_id;
$$;

comment on function pydb_internal.archive_export_waiting(text) is
'Runs that have archived rows for an export of a policy and still have some there, the oldest first.';

revoke all on function pydb_internal.archive_export_waiting(text) from public;
