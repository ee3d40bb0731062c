-- pydb_internal.relation_is_hypertable (names): ask TimescaleDB, by the table that belongs to it.
-- reads the catalog, and that of TimescaleDB where it is   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.relation_is_hypertable(p_relation oid)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_found boolean := false;
begin
    if pydb_internal.extension_relation('timescaledb', '_timescaledb_catalog', 'hypertable') is not null then
        execute 'select exists (
            select from _timescaledb_catalog.hypertable as h
            inner join pg_catalog.pg_class as c on c.relname = h.table_name
            inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace and n.nspname = h.schema_name
            where c.oid = $1
        )' into v_found using p_relation;
    end if;
    return v_found;
end
$$;

comment on function pydb_internal.relation_is_hypertable(oid) is
'Whether a relation is a hypertable of TimescaleDB; a table of any other that is called like its catalog says nothing.';

revoke all on function pydb_internal.relation_is_hypertable(oid) from public;
