-- pydb_internal.hold_tenant_relations (condition): the tables that a hold of a tenant is about.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_tenant_relations(p_hold pydb.hold)
returns oid[]
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case when p_hold.tables is not null then p_hold.tables::oid[] else array(
            select c.oid
            from pg_attribute as a
            inner join pg_class as c on c.oid = a.attrelid
            where a.attname = p_hold.key_columns[1] and a.attnum > 0 and not a.attisdropped
                and c.relkind in ('r', 'p') and not c.relispartition and c.relpersistence <> 't'
                and c.relnamespace not in (
                    'pg_catalog'::regnamespace, 'information_schema'::regnamespace, 'pydb'::regnamespace,
                    'pydb_internal'::regnamespace
                ) and c.relnamespace is distinct from to_regnamespace('pydb_archive')
            union
            -- those that had it when the hold was placed, whatever they call it now
            select c.oid
            from unnest(p_hold.tables_seen::oid[]) as s (oid)
            -- the number of one that was dropped may be that of anything after a restore from a dump
            inner join pg_class as c on c.oid = s.oid and c.relkind in ('r', 'p')
            order by 1
        ) end
    );
end
$$;

comment on function pydb_internal.hold_tenant_relations(pydb.hold) is
'Tables that were named, else every table that has the column by now, or had it when the hold was placed.';

revoke all on function pydb_internal.hold_tenant_relations(pydb.hold) from public;
