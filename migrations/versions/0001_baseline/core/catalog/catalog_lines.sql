-- pydb_internal.catalog_lines (catalog; by catalog_objects): what schema pydb holds, one property of one object a row,
-- without oids, owners and grants.
-- reads pg_catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.catalog_lines()
returns table (kind text, identity text, label text, line text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select r.kind, r.identity, r.label, r.line from pydb_internal.catalog_relations() as r
union all
select c.kind, c.identity, c.label, c.line from pydb_internal.catalog_columns() as c
union all
select p.kind, p.identity, p.label, p.line from pydb_internal.catalog_routines() as p
union all
select o.kind, o.identity, o.label, o.line from pydb_internal.catalog_others() as o
$$;

comment on function pydb_internal.catalog_lines() is
'Schema pydb as text: two databases with the same lines hold the same objects.';

revoke all on function pydb_internal.catalog_lines() from public;
