-- pydb_internal.retention_signature (condition): a fingerprint of what a walk relies on: columns, partition bound, keys
-- and references that point here.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_signature(p_relation oid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan -- the same question to the catalog at each batch
as $$
declare
    v_line constant oid[] := p_relation || array(
        select a.relid::oid from pg_catalog.pg_partition_ancestors(p_relation) as a
    );
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
                ), (
                    select string_agg(
                        concat_ws(' ', e.child, e.child_columns, e.on_delete, e.filter, e.parent_filter), ','
                        order by e.reference
                    )
                    from pydb_internal.reference_edges_among(v_line) as e
                    where e.kind = 'logical' and pydb_internal.retention_has_silent(v_line)
                )
            )
        )
        from pg_catalog.pg_class as c
        where c.oid = p_relation
    );
end
$$;

comment on function pydb_internal.retention_signature(oid) is
'md5 over a relation''s columns, place in a partition tree and the references to it; null if it is gone.';

revoke all on function pydb_internal.retention_signature(oid) from public;
