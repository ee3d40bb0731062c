-- pydb_internal.setting_problem (settings; by setting_set): what keeps a text from being the value of a setting, by the
-- setting's own type and bounds.
-- reads pg_roles   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.setting_problem(p_setting pydb.setting, p_value text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_number numeric;
    v_span interval;
    v_signs integer[];
    v_small boolean;
    v_large boolean;
begin
    if p_value is null then
        return case when not p_setting.nullable then 'cannot be null' end;
    end if;
    begin
        case p_setting.value_type
            when 'boolean' then perform p_value::boolean;
            when 'integer' then v_number := p_value::integer::numeric;
            when 'bigint' then v_number := p_value::bigint::numeric;
            when 'numeric' then v_number := p_value::numeric;
            when 'interval' then v_span := p_value::interval;
            else null;
        end case;
    exception when data_exception then
        return format('is not of type %s', p_setting.value_type);
    end;
    if not isfinite(v_span) or v_number in ('NaN', 'Infinity', '-Infinity') then
        return 'is not finite';
    elsif v_number is not null then
        v_small := v_number < p_setting.min_value::numeric;
        v_large := v_number > p_setting.max_value::numeric;
    elsif v_span is not null then
        v_small := v_span < p_setting.min_value::interval;
        v_large := v_span > p_setting.max_value::interval;
        -- months and days of opposite signs look positive and, once subtracted from a date, are not
        v_signs := array[
            sign(extract(year from v_span) * 12 + extract(month from v_span)), sign(extract(day from v_span)),
            sign(extract(hour from v_span) * 3600 + extract(minute from v_span) * 60 + extract(second from v_span))
        ]::integer[];
    end if;
    return case
        when 1 = any(v_signs) and -1 = any(v_signs) then 'has parts of opposite signs'
        when v_small then format('is less than %s', p_setting.min_value)
        when v_large then format('is more than %s', p_setting.max_value)
        when p_value <> all(p_setting.choices) then format('is none of %s', array_to_string(p_setting.choices, ', '))
        when p_setting.value_type = 'role' and not exists (select from pg_roles as r where r.rolname = p_value)
            then 'names no role'
        when btrim(p_value, E' \t\r\n') = '' then 'is empty'
    end;
end
$$;

comment on function pydb_internal.setting_problem(pydb.setting, text) is
'Why a text cannot be the value of a setting (is not of type interval, is less than 10 ms, cannot be null, names no
role), or null if it can. It knows types and bounds, and no name of a setting.';

revoke all on function pydb_internal.setting_problem(pydb.setting, text) from public;
