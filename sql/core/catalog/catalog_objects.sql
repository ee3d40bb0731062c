-- pydb_internal.catalog_objects (catalog): every object of schema pydb with a hash of each of its properties.
-- reads pg_catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.catalog_objects()
returns table (kind text, identity text, lines jsonb)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
select l.kind, l.identity,
    jsonb_object_agg(l.label, encode(sha256(convert_to(coalesce(l.line, ''), 'UTF8')), 'hex'))
from pydb_internal.catalog_lines() as l
group by l.kind, l.identity
$$;

comment on function pydb_internal.catalog_objects() is
'Objects of schema pydb: property to hash, as kept in pydb_internal.schema_object.';

revoke all on function pydb_internal.catalog_objects() from public;
