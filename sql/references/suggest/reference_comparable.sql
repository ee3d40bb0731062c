-- pydb_internal.reference_comparable (suggest): whether two base types are equal, or an index
-- of the one serves values of the other.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.reference_comparable(p_child_type oid, p_parent_type oid)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select p_child_type = p_parent_type or exists (
        select 1
        from pg_catalog.pg_amop as o
        inner join pg_catalog.pg_am as m on m.oid = o.amopmethod and m.amname = 'btree'
        where o.amopstrategy = 3 and o.amoplefttype = p_parent_type and o.amoprighttype = p_child_type
    )
$$;

comment on function pydb_internal.reference_comparable(oid, oid) is
'True if the types are the same or share a btree operator family, as bigint and integer do.';

revoke all on function pydb_internal.reference_comparable(oid, oid) from public;
