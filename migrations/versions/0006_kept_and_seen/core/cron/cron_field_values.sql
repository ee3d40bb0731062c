-- pydb_internal.cron_field_values (cron; by cron_fields): the values that one field of a cron expression names, or null
-- if it is not a field.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_field_values(p_field text, p_low integer, p_high integer, p_names text[])
returns integer[]
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    v_item text;
    v_part text[];
    v_from integer;
    v_to integer;
    v_step integer;
    v_values integer[] := '{}'::integer[];
begin
    if coalesce(p_field, '') = '' then
        return null;
    elsif p_field ~ '^[0-9]{1,2}$' and p_field::integer between p_low and p_high then
        return array[p_field::integer]; -- most fields are this, or everything: no need to take them apart
    elsif p_field = '*' then
        return array(select s from generate_series(p_low, p_high) as s);
    end if;
    -- string_to_array keeps empty items, so that "1,,2" and "1," are refused
    foreach v_item in array string_to_array(lower(p_field collate "C"), ',') loop
        v_part := regexp_match(
            v_item,
            '^(?:([*])|([0-9]{1,2}|[a-z]{3})(?:-([0-9]{1,2}|[a-z]{3}))?)(?:/([0-9]{1,2}))?$'
        );
        if v_part is null or (v_part[4] is not null and v_part[1] is null and v_part[3] is null) then
            return null;
        end if;
        if v_part[1] is not null then
            v_from := p_low;
            v_to := p_high;
        else
            v_from := pydb_internal.cron_value(v_part[2], p_low, p_names);
            v_to := case when v_part[3] is null then v_from
                else pydb_internal.cron_value(v_part[3], p_low, p_names) end;
        end if;
        v_step := coalesce(v_part[4]::integer, 1);
        if v_from is null or v_to is null or v_from < p_low or v_to > p_high or v_from > v_to
            or v_step < 1 or v_step > p_high - p_low + 1
        then
            return null;
        end if;
        v_values := v_values || array(select s from generate_series(v_from, v_to, v_step) as s);
    end loop;
    return array(select distinct u from unnest(v_values) as u order by u);
end
$$;

comment on function pydb_internal.cron_field_values(text, integer, integer, text[]) is
'Values that one field of a cron expression names, sorted; null if the field is not valid.
p_names[1] is the name of p_low; null = the field takes no names.';

revoke all on function pydb_internal.cron_field_values(text, integer, integer, text[]) from public;
