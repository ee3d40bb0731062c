-- pydb_internal.cron_day_matches (cron; by cron_seek): does a day match the two day fields of a cron expression.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_day_matches(
    p_day timestamp,
    p_days integer[],
    p_weekdays integer[],
    p_either boolean
)
returns boolean
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_either then
            extract(day from p_day)::integer = any(p_days) or extract(dow from p_day)::integer = any(p_weekdays)
        else
            extract(day from p_day)::integer = any(p_days) and extract(dow from p_day)::integer = any(p_weekdays)
    end
$$;

comment on function pydb_internal.cron_day_matches(timestamp, integer[], integer[], boolean) is
'True if the day of the month or the weekday fits (p_either), or both do (not p_either). Weekdays: 0 = Sunday.';

revoke all on function pydb_internal.cron_day_matches(timestamp, integer[], integer[], boolean) from public;
