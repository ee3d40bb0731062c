-- pydb_internal.reference_inbound (graph): the foreign keys that point at a relation, one row a key, partitions of a
-- referencing table folded into their root.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_inbound(p_relation oid)
returns table (
    constraint_id oid,
    constraint_name name,
    child oid,
    child_columns name[],
    parent_columns name[],
    on_delete "char",
    set_columns name[]
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- pg_constraint has no index on the referenced table; the key's triggers on it have one, and only an enforced key
    -- has triggers. Most tables have none, and this is asked for every batch.
    if not exists (select 1 from pg_trigger as g where g.tgrelid = p_relation and g.tgconstraint <> 0) then
        return;
    end if;
    return query
    select
        k.oid,
        k.conname,
        k.conrelid,
        pydb_internal.column_names(k.conrelid, k.conkey),
        pydb_internal.column_names(k.confrelid, k.confkey),
        k.confdeltype,
        pydb_internal.column_names(k.conrelid, coalesce(k.confdelsetcols, k.conkey))
    from pg_catalog.pg_constraint as k
    where k.contype = 'f' and k.confrelid = p_relation
        and k.oid in (select g.tgconstraint from pg_trigger as g where g.tgrelid = p_relation)
        -- a partition's own copy of its root's key points at the same relation: the root stands for all
        and not exists (
            select 1
            from pg_catalog.pg_constraint as up
            where up.oid = k.conparentid and up.confrelid = k.confrelid
        )
    order by k.conrelid, k.conname;
end
$$;

comment on function pydb_internal.reference_inbound(oid) is
'Foreign keys that reference a relation: child, columns in the order of the constraint, action on delete
(a no action, r restrict, c cascade, n set null, d set default) and columns that would be set.';

revoke all on function pydb_internal.reference_inbound(oid) from public;
