-- pydb_internal.retention_partition_rows (partition): the rows of a partition that is to go, and whether they were
-- counted.
-- reads the partition   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_partition_rows(
    p_partition oid,
    out rows bigint,
    out is_exact boolean
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    select
        coalesce(sum(pydb_internal.retention_total_rows(l.relation)), 0)::bigint,
        coalesce(bool_and(
            pg_relation_size(l.relation) / current_setting('block_size')::bigint < 4096
            or (select c.reltuples < 0 from pg_class as c where c.oid = l.relation) -- a join would read all of pg_class
        ), true)
    into rows, is_exact
    from pydb_internal.retention_leaves(p_partition) as l;
end
$$;

comment on function pydb_internal.retention_partition_rows(oid) is
'Rows as pydb_internal.retention_total_rows has them, over all leaves; is_exact is false where one of them is an
estimate.';

revoke all on function pydb_internal.retention_partition_rows(oid) from public;
