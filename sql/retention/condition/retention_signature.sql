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
    v_line oid[] := array[p_relation];
    v_class record;
    v_text text;
begin
    select
        c.relispartition, c.relhastriggers,
        concat_ws(
            '|', c.relkind, c.relfilenode, c.relispartition, pg_get_expr(c.relpartbound, c.oid), c.relhasrules,
            array(
                select concat_ws(' ', a.attnum, a.attname, a.atttypid, a.attnotnull)
                from pg_catalog.pg_attribute as a
                where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
                order by a.attnum
            )
        ) as said
    into v_class
    from pg_catalog.pg_class as c
    where c.oid = p_relation;
    if not found then
        return null;
    end if;
    v_text := v_class.said;
    if v_class.relhastriggers then -- as of an enforced key that points here, too
        v_text := concat_ws('|', v_text, array(
            select concat_ws(' ', g.oid, g.tgenabled)
            from pg_catalog.pg_trigger as g
            where g.tgrelid = p_relation and not g.tgisinternal
            order by g.oid
        ), array(
            select concat_ws(' ', r.constraint_id, r.child, r.on_delete)
            from pydb_internal.reference_inbound(p_relation) as r
            order by r.constraint_id
        ));
    end if;
    if v_class.relispartition then
        v_line := v_line || array(select a.relid::oid from pg_catalog.pg_partition_ancestors(p_relation) as a);
        -- one that is being detached concurrently is no longer seen through its parent
        v_text := concat_ws('|', v_text, array(
            select i.inhdetachpending from pg_catalog.pg_inherits as i where i.inhrelid = p_relation
        ));
    end if;
    if pydb_internal.reference_has_silent(v_line) then
        v_text := concat_ws('|', v_text, array(
            select concat_ws(' ', e.child, e.child_columns, e.on_delete, e.filter, e.parent_filter)
            from pydb_internal.reference_edges_among(v_line) as e
            where e.kind = 'logical'
            order by e.reference
        ));
    end if;
    return md5(v_text);
end
$$;

comment on function pydb_internal.retention_signature(oid) is
'md5 over a relation''s columns, place in a partition tree and the references to it; null if it is gone.';

revoke all on function pydb_internal.retention_signature(oid) from public;
