-- pydb_internal.retention_partition_is_timed (partition): is a table partitioned by ranges of this column, alone or
-- before others.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_is_timed(p_relation oid, p_column name)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select 1
        from pg_catalog.pg_partitioned_table as p
        inner join pg_catalog.pg_attribute as a on a.attrelid = p.partrelid and a.attnum = p.partattrs[0]
        where p.partrelid = p_relation and p.partstrat = 'r' and a.attname = p_column
    );
$$;

comment on function pydb_internal.retention_partition_is_timed(oid, name) is
'True where the bounds of a table''s partitions can be compared with a time of the column.';

revoke all on function pydb_internal.retention_partition_is_timed(oid, name) from public;
