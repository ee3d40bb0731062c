-- pydb_internal.retention_instant (condition): SQL text that turns a value of the time column into a timestamptz.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_instant(p_policy pydb.retention_policy, p_value text)
returns text
language plpgsql -- as pydb_internal.retention_has_infinity
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return case p_policy.time_unit
        when 'timestamptz' then p_value
        when 'timestamp' then format('(%s) at time zone %L', p_value, p_policy.timezone)
        when 'date' then format('(%s)::pg_catalog.timestamp at time zone %L', p_value, p_policy.timezone)
        when 'uuidv7' then format(
            'pg_catalog.to_timestamp((''x'' || pg_catalog.left(pg_catalog.replace(%s, ''-'', ''''), 12))::bit(48)::int8
            / 1000::float8)', p_value
        )
        -- a number can lie before the first moment that the server knows, in 4714 BC; greatest() passes over null
        else format(
            'case when (%1$s) is not null then pg_catalog.to_timestamp(
                greatest((%1$s)::pg_catalog.numeric, %2$s)::float8 / %3$s::float8) end', p_value,
            -210866803200 * pydb_internal.retention_ticks(p_policy.time_unit)::numeric,
            pydb_internal.retention_ticks(p_policy.time_unit)
        )
    end;
end
$$;

comment on function pydb_internal.retention_instant(pydb.retention_policy, text) is
'SQL text for a value of the policy''s time column (a uuid as text) as timestamptz; null stays null.';

revoke all on function pydb_internal.retention_instant(pydb.retention_policy, text) from public;
