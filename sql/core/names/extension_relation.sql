-- pydb_internal.extension_relation (names): a table or view of an extension: the one that belongs to it, not one that
-- is merely called so.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.extension_relation(p_extension name, p_schema name, p_relation name)
returns regclass
language plpgsql -- it keeps its plan
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        -- a schema of any name can be made by who may create schemas, and a view runs functions as whoever reads it;
        -- what an extension owns can be added to by the extension's owner, so the table's owner counts too
        select c.oid::regclass
        from pg_extension as e
        inner join pg_depend as d
            on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
            and d.classid = 'pg_class'::regclass and d.objsubid = 0 and d.deptype = 'e'
        inner join pg_class as c on c.oid = d.objid and c.relname = p_relation and c.relkind in ('r', 'v')
        inner join pg_namespace as n on n.oid = c.relnamespace and n.nspname = p_schema
        inner join pg_roles as r on r.oid = c.relowner and r.rolsuper
        where e.extname = p_extension
    );
end
$$;

comment on function pydb_internal.extension_relation(name, name, name) is
'The table or view of this name that is a member of the extension and owned by a superuser; null if there is none.';

revoke all on function pydb_internal.extension_relation(name, name, name) from public;
