-- pydb_internal.archive_deleted (keep; by retention_archive_triggered): rows that this transaction has deleted so far,
-- from any table, whoever deleted them.
-- reads the transaction's own statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_deleted(out rows bigint, out relations numeric)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question at each batch
as $$
begin
    select coalesce(sum(pg_stat_get_xact_tuples_deleted(c.oid)), 0)::bigint, coalesce(sum(c.oid::bigint), 0)
    into rows, relations
    from pg_class as c
    where c.relkind = 'r' and c.relpersistence <> 't' and c.relnamespace not in (
        'pg_catalog'::regnamespace, 'pg_toast'::regnamespace, 'pydb'::regnamespace,
        'pydb_internal'::regnamespace, 'pydb_archive'::regnamespace
    );
end
$$;

comment on function pydb_internal.archive_deleted() is
'Rows deleted in this transaction, by statements, keys and triggers alike, but for tables of pydb, of the server and
temporary ones, and the sum of the numbers of the tables that were counted. Counts rolled back work too, so compare two
of them.';

revoke all on function pydb_internal.archive_deleted() from public;
