-- pydb_internal.retention_watermark_place (watermark): where a policy's watermark stands, in which unit, and the query
-- that reads it.
-- reads the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_watermark_place(
    p_policy pydb.retention_policy,
    out place text,
    out unit text,
    out routine oid,
    out query text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type regtype;
    v_value text;
begin
    if p_policy.watermark_table is not null then
        v_type := pydb_internal.retention_time_type(p_policy.watermark_table, p_policy.watermark_column);
        v_value := format('pg_catalog.%s(t.%I)', p_policy.watermark_pick, p_policy.watermark_column);
        place := format(
            '%s of %s', v_value, coalesce(
                pydb_internal.relation_name(p_policy.watermark_table), 'table ' || p_policy.watermark_table::oid
            )
        );
        place := replace(replace(place, 'pg_catalog.', ''), '(t.', '(');
    else
        -- a name: numbers of functions do not outlive pg_upgrade. Whose function it is, is asked at each use
        routine := to_regprocedure(p_policy.watermark_function);
        v_type := (
            select pydb_internal.reference_base_type(p.prorettype)::regtype from pg_proc as p where p.oid = routine
        );
        v_value := p_policy.watermark_function;
        place := p_policy.watermark_function;
    end if;
    unit := case
        when v_type in ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype) then case v_type
            when 'timestamptz'::regtype then 'timestamptz' when 'timestamp'::regtype then 'timestamp' else 'date'
        end
        -- a number is of the policy's own unit, or of none
        when v_type in (
            'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype
        ) and p_policy.time_unit in ('s', 'ms', 'us', 'ns') and routine is null then p_policy.time_unit
    end;
    p_policy.time_unit := unit;
    query := 'select ' || pydb_internal.retention_instant(p_policy, v_value)
        || coalesce(' from ' || pydb_internal.relation_name(p_policy.watermark_table) || ' as t', '')
        || coalesce(
            ' where ' || pydb_internal.filter_condition(p_policy.watermark_table, p_policy.watermark_filter), ''
        );
end
$$;

comment on function pydb_internal.retention_watermark_place(pydb.retention_policy) is
'place: the watermark by name; unit: timestamptz, timestamp, date, or the unit of the policy where both count (null = it
tells no time); routine: the function, null for a table; query: its moment as SQL. timestamp and date are of the time
zone of the policy.';

revoke all on function pydb_internal.retention_watermark_place(pydb.retention_policy) from public;
