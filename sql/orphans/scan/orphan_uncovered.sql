-- pydb_internal.orphan_uncovered (scan; by orphan_store_result): which tables beside the child hold rows that a reader
-- would take for covered, in words.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_uncovered(p_edge pydb_internal.reference_edge)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select string_agg(format('not covered by this reference: %s (%s)', u.names, u.why), '; ')
        from (
            select string_agg(pydb_internal.relation_name(h.inhrelid), ', ') as names, 'inherits from the child' as why
            from pg_inherits as h
            inner join pg_class as c on c.oid = h.inhparent and c.relkind <> 'p'
            where h.inhparent = p_edge.child
            union all
            select string_agg(t.name, ', '), 'partition of the same table'
            from pg_partition_root(p_edge.child) as root (oid)
            cross join lateral pydb_internal.orphan_leaves(root.oid) as t
            where root.oid <> p_edge.child and p_edge.kind = 'declared'
                and t.relation not in (select l.relation from pydb_internal.orphan_leaves(p_edge.child) as l)
                -- nor by one of its own with the same columns
                and not exists (
                    select 1 from pg_constraint as k
                    where k.conrelid = t.relation and k.contype = 'f' and k.confrelid = p_edge.parent
                        and pydb_internal.column_names(k.conrelid, k.conkey) = p_edge.child_columns
                )
                -- nor by a logical reference of the whole table
                and not exists (
                    select 1 from pydb.reference as r
                    where r.child = root.oid::oid and r.parent = p_edge.parent
                        and r.child_columns = p_edge.child_columns
                )
        ) as u
        where u.names is not null
    );
end
$$;

comment on function pydb_internal.orphan_uncovered(pydb_internal.reference_edge) is
'Sentence with the tables that inherit from the child, and the partitions beside it that have no such key; or null.';

revoke all on function pydb_internal.orphan_uncovered(pydb_internal.reference_edge) from public;
