-- pydb_internal.objects_grants (catalog): who may execute which routine of pydb.
-- reads pg_catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.objects_grants()
returns table (schema name, routine name, grantee name, grantable boolean)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select n.nspname, p.proname, r.rolname, a.is_grantable
from pg_proc as p
join pg_namespace as n on n.oid = p.pronamespace
cross join lateral aclexplode(p.proacl) as a
join pg_roles as r on r.oid = a.grantee
where n.nspname in ('pydb', 'pydb_internal') and a.grantee <> p.proowner
$$;

comment on function pydb_internal.objects_grants() is
'One row a routine and role; PUBLIC, to which pydb grants nothing, is left out. Routines have no overloads.';

revoke all on function pydb_internal.objects_grants() from public;
