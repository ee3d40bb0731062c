-- pydb_internal.cascade_sets_key_columns (plan): whether setting an edge's columns touches other keys, or the partition
-- of the row.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cascade_sets_key_columns(p_edge pydb_internal.reference_edge)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_set constant smallint[] := pydb_internal.column_numbers(p_edge.child, p_edge.set_columns);
begin
    return exists (
        select 1 from pg_constraint as k
        where k.contype = 'f' and k.oid <> coalesce(p_edge.constraint_id, 0) and (
            (k.conrelid = p_edge.child and k.conkey && v_set) or (k.confrelid = p_edge.child and k.confkey && v_set)
        )
    ) or exists (
        select 1 from pg_partitioned_table as p
        where p.partrelid = p_edge.child and string_to_array(p.partattrs::text, ' ')::smallint[] && v_set
    );
end
$$;

comment on function pydb_internal.cascade_sets_key_columns(pydb_internal.reference_edge) is
'True if SET NULL or SET DEFAULT of an edge changes a column of another foreign key, of a key that others reference, or
of the partition key: then only doing it shows what comes of it.';

revoke all on function pydb_internal.cascade_sets_key_columns(pydb_internal.reference_edge) from public;
