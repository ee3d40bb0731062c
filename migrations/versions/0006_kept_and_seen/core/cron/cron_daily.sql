-- pydb_internal.cron_daily (cron): the minute of the day of a cron expression that says once a day, every day.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_daily(p_schedule text)
returns integer
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    -- most schedules are this, and thousands of them are asked for at once: no need to take them apart
    v_part constant text[] := regexp_match(p_schedule, '^([0-9]{1,2}) ([0-9]{1,2}) [*] [*] [*]$');
begin
    if v_part[1]::integer < 60 and v_part[2]::integer < 24 then
        return v_part[2]::integer * 60 + v_part[1]::integer;
    end if;
    return null;
end
$$;

comment on function pydb_internal.cron_daily(text) is
'Minutes after midnight of "15 3 * * *"; null = it comes on some days or more than once a day, is written in another
way, or is no expression.';

revoke all on function pydb_internal.cron_daily(text) from public;
