-- pydb_internal.retention_time_unit (policy): the unit in which a column tells time, by its type or as declared.
-- reads the catalog, a value of the column where it cannot   writes nothing   locks nothing above a select
-- raises YD102
create or replace function pydb_internal.retention_time_unit(p_relation regclass, p_column name, p_unit text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_type constant regtype := pydb_internal.retention_time_type(p_relation, p_column);
    v_counts constant boolean := v_type in (
        'int4'::regtype, 'int8'::regtype, 'float4'::regtype, 'float8'::regtype, 'numeric'::regtype
    );
    v_unit text;
begin
    if v_type is null then
        raise exception using errcode = 'YD102',
            message = format(
                '%s has no column %s', pydb_internal.relation_name(p_relation), coalesce(quote_ident(p_column), 'null')
            ),
            detail = 'Columns that tell time: ' || coalesce(
                (
                    select string_agg(quote_ident(a.attname), ', ' order by a.attnum)
                    from pg_attribute as a
                    where a.attrelid = p_relation and a.attnum > 0 and not a.attisdropped
                        and pydb_internal.reference_base_type(a.atttypid) in (
                            'timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype
                        )
                ), 'none'
            ) || '.',
            hint = format('psql: \d %s', pydb_internal.relation_name(p_relation));
    end if;
    v_unit := case
        when v_type = 'timestamptz'::regtype then 'timestamptz'
        when v_type = 'timestamp'::regtype then 'timestamp'
        when v_type = 'date'::regtype then 'date'
        when v_type = 'uuid'::regtype then 'uuidv7'
        when v_counts and p_unit in ('s', 'ms', 'us', 'ns') then p_unit
    end;
    if v_unit is null then
        raise exception using errcode = 'YD102',
            message = format('column %I of %s cannot tell time', p_column, pydb_internal.relation_name(p_relation)),
            detail = format(
                'Its type is %s%s.', format_type(v_type, null),
                case when v_counts then ' and no unit is declared' else '' end
            ),
            hint = pydb_internal.retention_time_hint(p_relation, p_column);
    elsif p_unit is not null and p_unit <> v_unit then
        raise exception using errcode = 'YD102',
            message = format('p_time_unit %L does not fit column %I', p_unit, p_column),
            detail = format('Its type is %s.', format_type(v_type, null)),
            hint = format('Leave p_time_unit out, or write %L.', v_unit);
    end if;
    return v_unit;
end
$$;

comment on function pydb_internal.retention_time_unit(regclass, name, text) is
'Unit of a time column: timestamptz, timestamp, date or uuidv7 by its type, or the declared s, ms, us or ns of a number;
else YD102.';

revoke all on function pydb_internal.retention_time_unit(regclass, name, text) from public;
