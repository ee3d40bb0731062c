-- pydb_internal.archive_signature (table): a fingerprint of the columns of a table and of its archive.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_signature(p_source oid, p_archive oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question to the catalog at each batch
as $$
begin
    return (
        select md5(string_agg(
            concat_ws(
                ' ', a.attrelid, a.attnum, a.attname, a.atttypid, a.atttypmod, a.attcollation, a.attgenerated,
                a.attisdropped
            ), ',' order by a.attrelid, a.attnum
        ))
        from pg_attribute as a
        where a.attrelid in (p_source, p_archive) and a.attnum > 0
    );
end
$$;

comment on function pydb_internal.archive_signature(oid, oid) is
'md5 over what archive_drift looks at: as long as it is the same, there is no need to look again.';

revoke all on function pydb_internal.archive_signature(oid, oid) from public;
