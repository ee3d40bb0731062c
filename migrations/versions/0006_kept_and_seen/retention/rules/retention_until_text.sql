-- pydb_internal.retention_until_text (rules): SQL text for the value of the time column before which rows of a keep
-- expire, the keep being SQL text too.
-- reads the catalog, settings   writes nothing   locks nothing
-- raises YD901
create or replace function pydb_internal.retention_until_text(p_policy pydb.retention_policy, p_keep text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set timezone = 'UTC'
set datestyle = 'ISO, YMD'
set intervalstyle = 'postgres'
as $$
declare
    v_keep constant text := format('greatest(%s, %L::pg_catalog.interval)', p_keep,
        pydb_internal.retention_floor(p_policy));
    v_days constant text := format('pg_catalog.date_trunc(''day'', %s)', v_keep);
    v_ticks constant bigint := pydb_internal.retention_ticks(p_policy.time_unit);
    v_type regtype;
    v_text text;
begin
    if p_policy.keep_at is null then
        raise exception using errcode = 'YD901', message = 'a rule needs the moment that it counts from',
            detail = format('Policy %s.', p_policy.name), hint = 'pydb migrate check';
    end if;
    v_text := format(
        'case when %1$s = interval ''0'' then %2$L::pg_catalog.timestamptz
            else (%3$L::pg_catalog.timestamp - %1$s) at time zone %4$L end - (%5$s - %1$s)',
        v_days, p_policy.keep_at, p_policy.keep_at at time zone p_policy.timezone, p_policy.timezone, v_keep
    );
    if v_ticks is not null then
        v_type := pydb_internal.retention_time_type(p_policy.target, p_policy.time_column);
        v_text := format('extract(epoch from %s) * %s', v_text, v_ticks);
    end if;
    -- as retention_bound writes a constant
    v_text := case
        when p_policy.time_unit = 'timestamptz' then v_text
        when p_policy.time_unit = 'timestamp' then format('(%s) at time zone %L', v_text, p_policy.timezone)
        when p_policy.time_unit = 'date'
            then format('((%s) at time zone %L)::pg_catalog.date', v_text, p_policy.timezone)
        when p_policy.time_unit = 'uuidv7' then format(
            'pg_catalog.rpad(pg_catalog.lpad(pg_catalog.to_hex(greatest(pg_catalog.floor(%s), 0)::pg_catalog.int8),
                12, ''0''), 32, ''0'')::pg_catalog.uuid', v_text
        )
        when v_type in ('float4'::regtype, 'float8'::regtype) then format('(%s)::pg_catalog.float8', v_text)
        when v_type = 'numeric'::regtype then format('(%s)::pg_catalog.numeric', v_text)
        else format('greatest(pg_catalog.floor(%s), -9223372036854775808)::pg_catalog.int8', v_text)
    end;
    -- null is before nothing: so a keep that is null, and one beyond what a policy may have, is for ever
    return format('case when %s then %s end', pydb_internal.retention_meant_text(p_keep), v_text);
end
$$;

comment on function pydb_internal.retention_until_text(pydb.retention_policy, text) is
'What retention_bound says of the moment keep_at minus a keep, for a keep that is SQL text: never below the floor; null,
and longer than 5000 years, is for ever, and gives null.';

revoke all on function pydb_internal.retention_until_text(pydb.retention_policy, text) from public;
