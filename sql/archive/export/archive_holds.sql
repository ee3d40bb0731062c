-- pydb_internal.archive_holds (export): the holds that rows of a table, or of an archive of one, take along into a
-- file.
-- reads pydb.archive_table, pydb.hold, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_holds(p_relation oid)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.hold_travel(coalesce(
        (select t.source::oid from pydb.archive_table as t where t.archive = p_relation), p_relation
    ));
$$;

comment on function pydb_internal.archive_holds(oid) is
'As pydb_internal.hold_travel; of an archive the holds of its table.';

revoke all on function pydb_internal.archive_holds(oid) from public;
