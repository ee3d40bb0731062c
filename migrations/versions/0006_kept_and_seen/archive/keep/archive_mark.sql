-- pydb_internal.archive_mark (keep): how much the archives of some tables have been given, as a text that is another
-- one after each run that archives rows of them, or puts them back.
-- reads pydb.archive_table, pydb.archive_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_mark(p_sources oid[])
returns text
language sql
volatile -- what was committed while the caller waited for a lock is seen
set search_path = pg_catalog, pg_temp
as $$
    select format('%s %s %s', count(*), sum(r.rows + r.restored), max(r.last_at))
    from pydb.archive_table as t
    inner join pydb.archive_run as r on r.archive = t.archive
    where t.source = any(p_sources);
$$;

comment on function pydb_internal.archive_mark(oid[]) is
'Runs that have archived rows of these tables, and of how many rows that were archived or put back: to be compared.';

revoke all on function pydb_internal.archive_mark(oid[]) from public;
