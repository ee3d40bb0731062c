-- pydb_internal.setting_get (settings): the value of a setting as text; an unknown name is an error, never a silent
-- default.
-- reads pydb.setting   writes nothing   locks nothing
-- raises YD008
create or replace function pydb_internal.setting_get(p_name text)
returns text
language plpgsql
stable
security definer -- runs read the settings without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_value text;
begin
    select s.value into v_value from pydb.setting as s where s.name = p_name;
    if not found then
        raise exception using errcode = 'YD008', message = format('unknown setting %L', p_name),
            detail = 'Known: ' || (select string_agg(s.name, ', ' order by s.name) from pydb.setting as s),
            hint = 'select name, value, description from pydb.setting;';
    end if;
    return v_value;
end
$$;

comment on function pydb_internal.setting_get(text) is 'Value of a setting as text; unknown names raise YD008.';

revoke all on function pydb_internal.setting_get(text) from public;
