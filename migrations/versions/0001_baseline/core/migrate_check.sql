-- pydb.migrate_check: tells whether the database is what the migrations made it; no row = it is.
-- reads pg_catalog, pydb_internal.schema_object, pydb_internal.schema_source, pydb.alembic_version   writes nothing
-- locks nothing
-- raises nothing
create or replace function pydb.migrate_check(p_revisions jsonb default null, p_sources jsonb default null)
returns table (state text, kind text, identity text, detail text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
with object as materialized (
    select o.kind, o.identity, o.lines from pydb_internal.catalog_objects() as o
),

finding as (
    select 1 as rank, case when p_revisions ? v.version_num then 'behind' else 'newer' end as state,
        'revision' as kind, v.version_num::text as identity,
        format('the code is at %s', p_revisions ->> -1) as detail
    from pydb.alembic_version as v
    where v.version_num is distinct from p_revisions ->> -1 and p_revisions is not null
    union all
    select 2, case when o.identity is null then 'missing' when r.identity is null then 'extra' else 'modified' end,
        coalesce(o.kind, r.kind), coalesce(o.identity, r.identity),
        case when r.identity is null then 'no migration made it'
            when o.identity is null then format('made by revision %s', r.revision)
            else format('differs from revision %s: %s', r.revision, (
                select string_agg(k.label, ', ' order by k.label collate "C")
                from (
                    select e.key as label from jsonb_each_text(o.lines) as e
                    where r.lines ->> e.key is distinct from e.value
                    union
                    select e.key from jsonb_each_text(r.lines) as e
                    where o.lines ->> e.key is distinct from e.value
                ) as k
            ))
                || case when r.server_major <> current_setting('server_version_num')::integer / 10000
                    then format(' (recorded on PostgreSQL %s)', r.server_major) else '' end
        end
    from object as o
    full join pydb_internal.schema_object as r on r.kind = o.kind and r.identity = o.identity
    where o.lines is distinct from r.lines
    union all
    select 3, case when s.path is null then 'missing' when p.key is null then 'extra' else 'modified' end,
        'source', coalesce(s.path, p.key),
        case when s.path is null then 'not installed'
            when p.key is null then format('installed by revision %s, not in the code', s.revision)
            else format('revision %s was installed from another text', s.revision) end
    from pydb_internal.schema_source as s
    full join jsonb_each_text(p_sources) as p on p.key = s.path
    where p_sources is not null and p.value is distinct from s.sha256
)

select f.state, f.kind, f.identity, f.detail
from finding as f
order by f.rank, f.kind, f.identity collate "C"
$$;

comment on function pydb.migrate_check(jsonb, jsonb) is
'Drift: behind, newer, missing, extra or modified, with the object and what differs. p_revisions is an array of '
'the revisions that the code knows, oldest first; p_sources its files with their SHA-256; null = not compared.';

revoke all on function pydb.migrate_check(jsonb, jsonb) from public;
