-- pydb_internal.retention_guess_unit (time; by retention_time_hint): the unit in which a number would be a moment of
-- our time.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_guess_unit(p_value text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(case
        when p_value !~ '^[0-9]{9,}(\.[0-9]*)?$' then 's'
        when length(split_part(p_value, '.', 1)) <= 11 then 's'
        when length(split_part(p_value, '.', 1)) <= 14 then 'ms'
        when length(split_part(p_value, '.', 1)) <= 17 then 'us'
        else 'ns'
    end, 's')
$$;

comment on function pydb_internal.retention_guess_unit(text) is
's, ms, us or ns by the digits before the point, for a hint; s where it is no such number.';

revoke all on function pydb_internal.retention_guess_unit(text) from public;
