-- pydb_internal.retention_bound (time): a moment as a constant of the time column's type, as SQL
-- text that no setting changes.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_bound(p_policy pydb.retention_policy, p_at timestamptz)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
as $$
declare
    v_ticks numeric;
    v_type regtype;
begin
    case p_policy.time_unit
        when 'timestamptz' then return format('%L::pg_catalog.timestamptz', p_at);
        when 'timestamp' then return format('%L::pg_catalog.timestamp', p_at at time zone p_policy.timezone);
        when 'date' then return format('%L::pg_catalog.date', (p_at at time zone p_policy.timezone)::date);
        else v_ticks := extract(epoch from p_at) * pydb_internal.retention_ticks(p_policy.time_unit);
    end case;
    if p_policy.time_unit = 'uuidv7' then
        -- the least uuid of that millisecond: the version and all that is random lie above it
        return format(
            '%L::pg_catalog.uuid', rpad(lpad(to_hex(greatest(floor(v_ticks), 0)::bigint), 12, '0'), 32, '0')::uuid
        );
    end if;
    v_type := pydb_internal.retention_time_type(p_policy.target, p_policy.time_column);
    return case
        when v_type in ('float4'::regtype, 'float8'::regtype) then format('%L::pg_catalog.float8', v_ticks)
        when v_type = 'numeric'::regtype then format('%L::pg_catalog.numeric', v_ticks)
        -- between two ticks no row goes early
        else format('%L::pg_catalog.int8', floor(v_ticks)::bigint)
    end;
end
$$;

comment on function pydb_internal.retention_bound(pydb.retention_policy, timestamptz) is
'A moment as a typed SQL constant of the policy''s time column.';

revoke all on function pydb_internal.retention_bound(pydb.retention_policy, timestamptz) from public;
