-- pydb_internal.retention_time_hint (time; by retention_time_unit): what to type where a column cannot tell time: its
-- unit, or the generated column that can.
-- reads one value of the column   writes nothing   locks nothing above a select
-- raises nothing
create or replace function pydb_internal.retention_time_hint(p_relation regclass, p_column name)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type constant regtype := pydb_internal.retention_time_type(p_relation, p_column);
    v_add constant text := format('alter table %s add column %I ', pydb_internal.relation_name(p_relation),
        left(p_column, 50) || '_time');
    v_value text;
    v_made text;
begin
    begin
        execute format('select format(''%%s'', t.%1$I) from %2$s as t where t.%1$I is not null limit 1', p_column,
            pydb_internal.relation_name(p_relation)) into v_value;
    exception when insufficient_privilege then
        null; -- the type alone decides
    end;
    if v_type in ('int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype) then
        return format('p_time_unit => ''%s'' (s, ms, us and ns are seconds, milliseconds, microseconds and nanoseconds '
            'since 1970)', pydb_internal.retention_guess_unit(v_value));
    elsif v_type in ('tstzrange'::regtype, 'tsrange'::regtype, 'daterange'::regtype) then
        v_made := format('%s generated always as (upper(%I)) stored', case v_type
            when 'tstzrange'::regtype then 'timestamptz' when 'tsrange'::regtype then 'timestamp' else 'date' end,
            p_column);
    elsif v_type in ('jsonb'::regtype, 'json'::regtype) then
        v_made := format('bigint generated always as ((%I ->> ''created_at'')::bigint) stored', p_column);
    elsif v_type in ('text'::regtype, 'varchar'::regtype, 'bpchar'::regtype) then
        v_made := pydb_internal.retention_text_time(p_column, v_value);
    else
        return format('Use a column of timestamptz, timestamp, date, uuid (version 7), or of a number with p_time_unit '
            's, ms, us or ns; or make one: %stimestamptz default now();', v_add);
    end if;
    return format('Make a column that can: %s%s; then p_time_column => %L%s.', v_add, v_made,
        left(p_column, 50) || '_time', case
            when v_made like 'bigint %' then format(', p_time_unit => ''%s''', case
                when v_value ~ '^[0-9]+$' then pydb_internal.retention_guess_unit(v_value) else 'ms' end)
            else ''
        end);
end
$$;

comment on function pydb_internal.retention_time_hint(regclass, name) is
'Hint of YD102: the unit to declare, by the size of a value that is there, or an alter table with a generated column
that tells the time of a text (ULID, uuid, digits, ISO 8601), of a range or of a document.';

revoke all on function pydb_internal.retention_time_hint(regclass, name) from public;
