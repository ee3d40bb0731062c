-- pydb_internal.orphan_drop_replaced (close; by orphan_close_try): remove a logical reference that a foreign key of the
-- same columns has taken the place of.
-- reads and writes pydb.reference, pydb.orphan_finding   locks the reference's row
-- raises nothing
create or replace function pydb_internal.orphan_drop_replaced(p_reference text, p_child oid, p_name text)
returns boolean
language plpgsql
security definer -- pydb.reference is writable to nobody else; here only where the key is there
set search_path = pg_catalog, pg_temp
as $$
begin
    delete from pydb.reference as r
    where r.name = p_reference and r.child = p_child and exists (
        select 1 from pg_constraint as k
        where k.conrelid = r.child and k.contype = 'f' and k.conname = p_name and k.confrelid = r.parent
            and pydb_internal.column_names(k.conrelid, k.conkey) = r.child_columns
    );
    return found;
end
$$;

comment on function pydb_internal.orphan_drop_replaced(text, oid, text) is
'Removes a logical reference if its child has the foreign key of that name on the same columns; says whether it did.';

revoke all on function pydb_internal.orphan_drop_replaced(text, oid, text) from public;
