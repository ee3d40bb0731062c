-- pydb_internal.archive_lost (purge): rows that the books say are in archives which somebody dropped.
-- reads pydb.archive_run, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_lost()
returns table (relation text, archive oid, runs bigint, rows bigint)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- by the runs: an archive that was made anew is another table, and has another row in archive_table
    select a.source_name, a.archive::oid, count(*), sum(a.rows - a.restored - a.purged)::bigint
    from pydb.archive_run as a
    where a.rows > a.restored + a.purged
        and not exists (select from pg_class as c where c.oid = a.archive)
    group by a.source_name, a.archive;
$$;

comment on function pydb_internal.archive_lost() is
'One row a table and dropped archive with rows: they stay here, also when the archive is made anew, until
pydb.archive_write_off.';

revoke all on function pydb_internal.archive_lost() from public;
