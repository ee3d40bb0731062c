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
    if exists (select from pg_extension as e where e.extname = 'timescaledb') and exists (
        select from pg_inherits as i
        where i.inhrelid = p_partition and pydb_internal.relation_is_hypertable(i.inhparent)
    ) then
        -- of compressed rows neither ONLY nor the statistics of the chunk know
        execute format('select count(*) from %s', pydb_internal.relation_name(p_partition)) into rows;
        is_exact := true;
        return;
    end if;
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
