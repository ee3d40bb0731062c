-- pydb_internal.retention_instant (condition; by retention_measure): SQL text that turns a value of the time column
-- into a timestamptz.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_instant(p_policy pydb.retention_policy, p_value text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case p_policy.time_unit
        when 'timestamptz' then p_value
        when 'timestamp' then format('(%s) at time zone %L', p_value, p_policy.timezone)
        when 'date' then format('(%s)::pg_catalog.timestamp at time zone %L', p_value, p_policy.timezone)
        -- an integer can lie before the first moment that the server knows, in 4714 BC
        else format(
            'pg_catalog.to_timestamp(greatest((%s) / %s::float8, -210866803200))', p_value,
            case p_policy.time_unit when 's' then 1 when 'ms' then 1000 else 1000000 end
        )
    end;
$$;

comment on function pydb_internal.retention_instant(pydb.retention_policy, text) is
'SQL text for a value of the policy''s time column as timestamptz.';

revoke all on function pydb_internal.retention_instant(pydb.retention_policy, text) from public;
