-- pydb_internal.hold_see_anew (place; trigger): in a database that was restored from a dump, and is taken for
-- the one to delete in, the columns that holds name are known by their numbers there.
-- reads the catalog   reads and writes pydb.hold   locks its rows
-- raises nothing
create or replace function pydb_internal.hold_see_anew()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.hold as o
    set columns_seen = pydb_internal.column_seen_anew(o.columns_seen, o.tables_seen::oid[])
    where o.released_at is null and exists (
        select from unnest(o.columns_seen) as s where s.relation <> (o.tables_seen::oid[])[s.place]
    );
    return null;
end
$$;

comment on function pydb_internal.hold_see_anew() is
'Brings columns_seen up to date where tables have other numbers than they had; a column that moved stays one that did.';

revoke all on function pydb_internal.hold_see_anew() from public;

create or replace trigger hold_see_anew
after update of database_oid on pydb.guard_server
for each row
execute function pydb_internal.hold_see_anew();
