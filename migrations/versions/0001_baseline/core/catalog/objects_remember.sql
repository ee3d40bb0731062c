-- pydb_internal.objects_remember (catalog; for pydb/revision.py): notes for this transaction what schema pydb is like
-- before a revision changes it.
-- reads pg_catalog   writes settings pydb.objects_before and .grants_before of this transaction   locks nothing
-- raises nothing
create or replace function pydb_internal.objects_remember()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
select set_config('pydb.objects_before',
    coalesce((select jsonb_object_agg(o.kind || ' ' || o.identity, md5(o.lines::text))::text
        from pydb_internal.catalog_objects() as o), '{}'), true);
select set_config('pydb.grants_before',
    coalesce((select jsonb_agg(to_jsonb(g))::text from pydb_internal.objects_grants() as g), '[]'), true);
$$;

comment on function pydb_internal.objects_remember() is
'First step of a revision: objects_register can tell afterwards what the revision changed, and whose grants it
has to give back.';

revoke all on function pydb_internal.objects_remember() from public;
