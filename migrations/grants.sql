-- Between two revisions of an installation: who had been granted a routine that the first dropped and made anew has it
-- again, and who has one now is noted for the next.
do $grants$
begin
    perform pydb_internal.objects_regrant();
    perform pg_catalog.set_config('pydb.grants_before', coalesce((
        select pg_catalog.jsonb_agg(pg_catalog.to_jsonb(g))::text
        from pydb_internal.objects_grants() as g), '[]'), true);
end
$grants$;
