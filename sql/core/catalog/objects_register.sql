-- pydb_internal.objects_register (catalog; for pydb/revision.py): records what a revision made, changed and dropped,
-- and from which files.
-- reads pg_catalog   writes pydb_internal.schema_object, pydb_internal.schema_source, grants   locks the rows
-- raises nothing
create or replace function pydb_internal.objects_register(p_revision text, p_sources jsonb)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_before jsonb := coalesce(nullif(current_setting('pydb.objects_before', true), ''), '{}')::jsonb;
    v_major integer := current_setting('server_version_num')::integer / 10000;
    v_names text[];
begin
    perform pydb_internal.objects_regrant();
    -- a routine's or view's file is named like it; null is a file that was dropped
    select coalesce(array_agg(regexp_replace(s.key, '^.*/|\.sql$', '', 'g')), '{}') into v_names
    from jsonb_each_text(p_sources) as s
    where s.value is not null;

    -- What the revision left alone keeps its record: a change by hand from before stays a finding of migrate_check.
    with present as materialized (
        select o.kind, o.identity, o.lines from pydb_internal.catalog_objects() as o
    ),

    recorded as (
        insert into pydb_internal.schema_object as t (kind, identity, lines, revision, server_major)
        select o.kind, o.identity, o.lines, p_revision, v_major
        from present as o
        where v_before ->> (o.kind || ' ' || o.identity) is distinct from md5(o.lines::text)
            or split_part(split_part(o.identity, '(', 1), '.', 2) = any (v_names)
        on conflict (kind, identity) do update
            set lines = excluded.lines, revision = excluded.revision, server_major = excluded.server_major,
                installed_at = now()
    )

    delete from pydb_internal.schema_object as t
    where v_before ? (t.kind || ' ' || t.identity)
        and not exists (select from present as o where o.kind = t.kind and o.identity = t.identity);

    insert into pydb_internal.schema_source as t (path, sha256, revision)
    select s.key, s.value, p_revision
    from jsonb_each_text(p_sources) as s
    where s.value is not null
    on conflict (path) do update
        set sha256 = excluded.sha256, revision = excluded.revision, installed_at = now();

    delete from pydb_internal.schema_source as t
    where p_sources ? t.path and p_sources ->> t.path is null;
end
$$;

comment on function pydb_internal.objects_register(text, jsonb) is
'Last step of a revision: p_sources names its files with their SHA-256, null for a file that it drops.';

revoke all on function pydb_internal.objects_register(text, jsonb) from public;
