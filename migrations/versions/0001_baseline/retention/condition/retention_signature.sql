-- pydb_internal.retention_signature (condition): a fingerprint of what a walk relies on: columns, partition bound, keys
-- that point here.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_signature(p_relation oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select md5(
            concat_ws(
                '|', c.relkind, c.relfilenode, c.relispartition, pg_get_expr(c.relpartbound, c.oid), c.relhasrules,
                (
                    select string_agg(concat_ws(' ', g.oid, g.tgenabled), ',' order by g.oid)
                    from pg_catalog.pg_trigger as g
                    where g.tgrelid = c.oid and not g.tgisinternal
                ),
                (
                    select string_agg(
                        concat_ws(' ', a.attnum, a.attname, a.atttypid, a.attnotnull), ',' order by a.attnum
                    )
                    from pg_catalog.pg_attribute as a
                    where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                ),
                (
                    select string_agg(
                        concat_ws(' ', r.constraint_id, r.child, r.on_delete), ',' order by r.constraint_id
                    )
                    from pydb_internal.reference_inbound(c.oid) as r
                )
            )
        )
        from pg_catalog.pg_class as c
        where c.oid = p_relation
    );
end
$$;

comment on function pydb_internal.retention_signature(oid) is
'md5 over a relation''s columns, place in a partition tree and foreign keys that reference it; null if it is gone.';

revoke all on function pydb_internal.retention_signature(oid) from public;
