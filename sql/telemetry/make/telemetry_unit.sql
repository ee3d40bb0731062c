-- pydb_internal.telemetry_unit (make): how long the partitions of a table are.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_unit(p_keep interval)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case when p_keep > interval '100 days' then 'month' else 'day' end
$$;

comment on function pydb_internal.telemetry_unit(interval) is
'day for rows that stay up to 100 days, month for those that stay longer.';

revoke all on function pydb_internal.telemetry_unit(interval) from public;
