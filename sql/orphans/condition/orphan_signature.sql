-- pydb_internal.orphan_signature (condition): what a reference is made of, in short: another signature is another
-- reference.
-- reads the catalog, pydb.reference   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_signature(p_edge pydb_internal.reference_edge)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- not the edge itself: to look that up anew takes long where there are many partitions
    return md5(concat_ws(
        '|',
        (
            select row(
                k.conname, k.conrelid, k.conkey, k.confrelid, k.confkey, k.confdeltype, k.confdelsetcols,
                k.confmatchtype, k.conpfeqop
            )
            from pg_constraint as k
            where k.oid = p_edge.constraint_id
        ),
        (
            select row(r.child, r.child_columns, r.parent, r.parent_columns, r.on_delete, r.filter, r.parent_filter)
            from pydb.reference as r
            where r.name = p_edge.reference and p_edge.kind = 'logical'
        ),
        (
            select string_agg(
                concat_ws(' ', a.attrelid, a.attnum, quote_ident(a.attname), a.atttypid, a.attcollation), ', '
                order by a.attrelid, a.attnum
            )
            from pg_attribute as a
            where (a.attrelid = p_edge.child and a.attname = any(p_edge.child_columns))
                or (a.attrelid = p_edge.parent and a.attname = any(p_edge.parent_columns))
        )
    ));
end
$$;

comment on function pydb_internal.orphan_signature(pydb_internal.reference_edge) is
'Hash of the key or the logical reference, and of the columns of both sides; changes if one of them is gone.';

revoke all on function pydb_internal.orphan_signature(pydb_internal.reference_edge) from public;
