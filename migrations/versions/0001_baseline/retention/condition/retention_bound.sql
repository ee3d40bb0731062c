-- pydb_internal.retention_bound (condition; by retention_expired_condition): a moment as a constant of the time
-- column's type, as SQL text that no setting changes.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_bound(p_policy pydb.retention_policy, p_at timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
begin
    return case p_policy.time_unit
        when 'timestamptz' then format('%L::pg_catalog.timestamptz', p_at)
        when 'timestamp' then format('%L::pg_catalog.timestamp', p_at at time zone p_policy.timezone)
        when 'date' then format('%L::pg_catalog.date', (p_at at time zone p_policy.timezone)::date)
        when 's' then format('%L::pg_catalog.int8', floor(extract(epoch from p_at))::bigint)
        when 'ms' then format('%L::pg_catalog.int8', floor(extract(epoch from p_at) * 1000)::bigint)
        when 'us' then format('%L::pg_catalog.int8', floor(extract(epoch from p_at) * 1000000)::bigint)
    end;
end
$$;

comment on function pydb_internal.retention_bound(pydb.retention_policy, timestamptz) is
'A moment as a typed SQL constant of the policy''s time column.';

revoke all on function pydb_internal.retention_bound(pydb.retention_policy, timestamptz) from public;
