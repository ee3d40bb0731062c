-- pydb._objects_remember: notes for this transaction what schema pydb is like before a revision changes it.
-- reads pg_catalog   writes setting pydb.objects_before, until the transaction ends   locks nothing
-- raises nothing
create or replace function pydb._objects_remember()
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
select set_config('pydb.objects_before',
    coalesce((select jsonb_object_agg(o.kind || ' ' || o.identity, md5(o.lines::text))::text
        from pydb._catalog_objects() as o), '{}'), true);
$$;

comment on function pydb._objects_remember() is
'First step of a revision: pydb._objects_register can tell afterwards what the revision changed.';

revoke all on function pydb._objects_remember() from public;
