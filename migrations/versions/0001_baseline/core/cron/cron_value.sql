-- pydb_internal.cron_value (cron; by cron_field_values): the number behind one word of a cron field, or null.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_value(p_word text, p_low integer, p_names text[])
returns integer
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_word ~ '^[0-9]{1,2}$' then p_word::integer
        else array_position(p_names, p_word) - 1 + p_low
    end
$$;

comment on function pydb_internal.cron_value(text, integer, text[]) is
'Number behind one word of a cron field: digits, or a name out of p_names, whose first is p_low; null = neither.';

revoke all on function pydb_internal.cron_value(text, integer, text[]) from public;
