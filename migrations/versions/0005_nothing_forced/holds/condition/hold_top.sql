-- pydb_internal.hold_top (condition): the topmost table of a relation's partition tree.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.hold_top(p_relation oid)
returns oid
language plpgsql -- it keeps its plan
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select coalesce(pg_partition_root(p_relation::regclass), p_relation)::oid
    );
end
$$;

comment on function pydb_internal.hold_top(oid) is 'Topmost table of a partition tree; of any other table itself.';

revoke all on function pydb_internal.hold_top(oid) from public;
