-- pydb_internal.erasure_stores (verify): where rows of a table can be: the table itself, its archive, the quarantine.
-- reads pydb.archive_table   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.erasure_stores(p_relation oid)
returns table (place text, store oid)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select 'live', null::oid
    union all
    select 'archive', t.archive::oid from pydb.archive_table as t
    inner join pg_class as c on c.oid = t.archive
    where t.source = pydb_internal.archive_top(p_relation)
    union all
    select 'quarantine', 'pydb.orphan_quarantine'::regclass;
$$;

comment on function pydb_internal.erasure_stores(oid) is
'live (store null), archive and quarantine, as they are there.';

revoke all on function pydb_internal.erasure_stores(oid) from public;
