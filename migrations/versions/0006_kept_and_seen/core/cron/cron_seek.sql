-- pydb_internal.cron_seek (cron): the first minute of a cron expression after a moment, or the last one up to it.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_seek(p_schedule text, p_at timestamp, p_forward boolean)
returns timestamp
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    -- the first minute that may be the answer
    v_at constant timestamp :=
        date_trunc('minute', p_at) + case when p_forward then interval '1 minute' else interval '0' end;
    v_month timestamp := date_trunc('month', v_at);
    v_fields record;
    v_last integer;
    v_day timestamp;
    v_minute integer := pydb_internal.cron_daily(p_schedule);
begin
    if v_minute is not null and isfinite(p_at) then
        v_day := date_trunc('day', v_at) + v_minute * interval '1 minute';
        return v_day + case
            when p_forward and v_day < v_at then interval '1 day'
            when not p_forward and v_day > v_at then interval '-1 day'
            else interval '0'
        end;
    end if;
    v_fields := pydb_internal.cron_fields(p_schedule);
    if v_fields.minutes is null or v_fields.hours is null or v_fields.days is null
        or v_fields.months is null or v_fields.weekdays is null or p_at is null or not isfinite(p_at)
    then
        return null;
    end if;
    -- 29 February on one weekday comes at least every 40 years; what has not come by then (30 February) never does
    for i in 0 .. 12 * 40 loop
        v_last := case when extract(month from v_month)::integer = any(v_fields.months)
            then extract(day from v_month + interval '1 month - 1 day')::integer else 0 end;
        for n in 1 .. v_last loop
            v_day := v_month + (case when p_forward then n - 1 else v_last - n end) * interval '1 day';
            continue when not pydb_internal.cron_day_matches(
                v_day, v_fields.days, v_fields.weekdays, v_fields.either_day
            );
            continue when case when p_forward then v_day < date_trunc('day', v_at) else v_day > v_at end;
            select case when p_forward then min(t.minute) else max(t.minute) end
            into v_minute
            from (
                select h * 60 + m as minute
                from unnest(v_fields.hours) as h
                cross join unnest(v_fields.minutes) as m
            ) as t
            where case
                when p_forward then v_day + t.minute * interval '1 minute' >= v_at
                else v_day + t.minute * interval '1 minute' <= v_at
            end;
            if v_minute is not null then
                return v_day + v_minute * interval '1 minute';
            end if;
        end loop;
        v_month := v_month + case when p_forward then interval '1 month' else interval '-1 month' end;
    end loop;
    return null;
end
$$;

comment on function pydb_internal.cron_seek(text, timestamp, boolean) is
'First minute of a cron expression after p_at (p_forward), or the last one up to p_at. All times in the time zone of
the schedule. Null if the expression is not valid, p_at is not finite, or no such day exists.';

revoke all on function pydb_internal.cron_seek(text, timestamp, boolean) from public;
