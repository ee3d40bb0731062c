-- At the end of an installation: what each object is like, which revision made or last changed it, and from which
-- texts. Setting pydb.step has the revisions.
with step as materialized (
    select pg_catalog.current_setting('pydb.step')::jsonb as doc
),

made as materialized (
    select x.key, x.value
    from step as s
    cross join lateral pg_catalog.jsonb_each_text(s.doc -> 'objects') as x
),

texts as (
    insert into pydb_internal.schema_source (path, sha256, revision)
    select x.key, x.value ->> 0, x.value ->> 1
    from step as s
    cross join lateral pg_catalog.jsonb_each(s.doc -> 'sources') as x
)

insert into pydb_internal.schema_object (kind, identity, lines, revision, server_major)
select o.kind, o.identity, o.lines, coalesce(m.value, s.doc ->> 'revision'),
    pg_catalog.current_setting('server_version_num')::integer / 10000
from pydb_internal.catalog_objects() as o
cross join step as s
left join made as m on m.key = o.kind || ' ' || o.identity;
