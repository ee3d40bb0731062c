-- pydb_internal.archive_top (table): the table that keeps one archive for the rows of a relation.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.archive_top(p_relation oid)
returns oid
language plpgsql -- it keeps its plan: asked at each batch
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return coalesce(pg_partition_root(p_relation::regclass)::oid, p_relation);
end
$$;

comment on function pydb_internal.archive_top(oid) is
'The uppermost table of a partition, else the relation itself: a table that inherits has columns, and so an archive, of
its own.';

revoke all on function pydb_internal.archive_top(oid) from public;
