-- pydb_internal.retention_seen (guard; by retention_policy_vet): which columns a policy names, whatever these are
-- called later.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_seen(p_policy pydb.retention_policy)
returns pydb.seen_column[]
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    return pydb_internal.column_places(
        p_policy.target, array[p_policy.time_column, p_policy.keep_column] || p_policy.keep_by
        || p_policy.keep_last_by || pydb_internal.filter_columns(p_policy.target, p_policy.filter), 1
    ) || pydb_internal.column_places(
        p_policy.keep_table, p_policy.keep_key || array[p_policy.keep_value], 2
    ) || pydb_internal.column_places(
        p_policy.watermark_table, array[p_policy.watermark_column]
        || pydb_internal.filter_columns(p_policy.watermark_table, p_policy.watermark_filter), 3
    );
end
$$;

comment on function pydb_internal.retention_seen(pydb.retention_policy) is
'column_places of its table (1), of its mapping table (2) and of the table of its watermark (3).';

revoke all on function pydb_internal.retention_seen(pydb.retention_policy) from public;
