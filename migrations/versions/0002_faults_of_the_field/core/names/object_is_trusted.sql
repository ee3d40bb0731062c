-- pydb_internal.object_is_trusted (names): whether what an object does was decided by a superuser: it belongs to
-- PostgreSQL itself or to an extension, and is owned by a superuser.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.object_is_trusted(p_catalog regclass, p_object oid, p_schema oid, p_owner oid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a superuser's own extension can be added to by its owner, who need not be a superuser: the object's owner counts
    select p_schema = 'pg_catalog'::regnamespace or exists (
        select from pg_catalog.pg_depend as d
        inner join pg_catalog.pg_roles as r on r.oid = p_owner and r.rolsuper
        where d.classid = p_catalog and d.objid = p_object and d.objsubid = 0 and d.deptype = 'e'
    );
$$;

comment on function pydb_internal.object_is_trusted(regclass, oid, oid, oid) is
'True for an object (its catalog, its oid, its schema and its owner) of schema pg_catalog, and for a member of an
extension that a superuser owns.';

revoke all on function pydb_internal.object_is_trusted(regclass, oid, oid, oid) from public;
