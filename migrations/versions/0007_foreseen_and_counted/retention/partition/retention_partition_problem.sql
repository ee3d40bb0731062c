-- pydb_internal.retention_partition_problem (partition; by retention_partition_check): why partitions of a table cannot
-- go by the time of a column.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_partition_problem(p_policy pydb.retention_policy)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_key record;
begin
    if p_policy.filter is not null then
        return 'The policy has a filter: it picks rows, and a partition goes as a whole';
    elsif pydb_internal.relation_is_hypertable(p_policy.target) then
        return pydb_internal.retention_chunk_problem(p_policy);
    elsif exists (
        select 1 from pydb_internal.relation_tree(p_policy.target) as t
        where pydb_internal.retention_partition_is_timed(t.relid, p_policy.time_column)
    ) then
        return null;
    end if;
    select p.partstrat, p.partnatts, pg_get_partkeydef(p.partrelid) as said into v_key
    from pg_partitioned_table as p where p.partrelid = p_policy.target;
    return case
        when exists (
            select from pg_inherits as i
            inner join pg_class as c on c.oid = i.inhrelid
            where i.inhparent = p_policy.target
                and c.relnamespace = to_regnamespace('_timescaledb_internal')
        ) then 'It looks like a hypertable of TimescaleDB, which is not installed in this database: without it nothing'
            ' knows what its chunks hold'
        when v_key is null or v_key.said is null then 'It is not partitioned'
        when v_key.partstrat <> 'r' then format(
            'Its key is %s: what a partition of it holds cannot be compared with a time', v_key.said
        )
        when v_key.partnatts > 1 then format(
            'Its key is %1$s, and %2$I is not its first column: what a partition of it holds is of any time. A key of '
            'range (%2$I, …), or partitions by %2$I below those of another column, would do', v_key.said,
            p_policy.time_column
        )
        else format('Its key is %s, and the time is in %I', v_key.said, p_policy.time_column)
    end;
end
$$;

comment on function pydb_internal.retention_partition_problem(pydb.retention_policy) is
'In words: a filter, no partitions, or a key that does not begin with the time column, at any level; null = nothing.';

revoke all on function pydb_internal.retention_partition_problem(pydb.retention_policy) from public;
