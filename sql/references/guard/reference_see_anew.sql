-- pydb_internal.reference_see_anew (guard; trigger): in a database that was restored from a dump, and is taken for
-- the one to delete in, the columns that references name are known by their numbers there.
-- reads the catalog   reads and writes pydb.reference   locks its rows
-- raises nothing
create or replace function pydb_internal.reference_see_anew()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.reference as o
    set columns_seen = pydb_internal.column_seen_anew(o.columns_seen, array[o.child, o.parent]::oid[])
    where exists (
        select from unnest(o.columns_seen) as s where s.relation <> (array[o.child, o.parent]::oid[])[s.place]
    );
    return null;
end
$$;

comment on function pydb_internal.reference_see_anew() is
'Brings columns_seen up to date where tables have other numbers than they had; a column that moved stays one that did.';

revoke all on function pydb_internal.reference_see_anew() from public;

create or replace trigger reference_see_anew
after update of database_oid on pydb.guard_server
for each row
execute function pydb_internal.reference_see_anew();
