-- pydb_internal.metric_interval (known): the longest time between two firings of a cron expression, in seconds.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_interval(p_schedule text)
returns float8
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_fields record;
    v_last integer;
    v_days integer;
    v_inner integer;
begin
    if pydb_internal.cron_daily(p_schedule) is not null then
        return 86400::float8;
    end if;
    v_fields := pydb_internal.cron_fields(p_schedule);
    if v_fields.minutes is null or v_fields.hours is null then
        return null;
    end if;
    v_days := case
        when cardinality(v_fields.months) < 12 then 31 * pydb_internal.metric_gap(v_fields.months, 12)
        when cardinality(v_fields.days) < 31 and not v_fields.either_day
            then pydb_internal.metric_gap(v_fields.days, 31)
        when cardinality(v_fields.days) < 31 then least(
            pydb_internal.metric_gap(v_fields.days, 31), pydb_internal.metric_gap(v_fields.weekdays, 7)
        )
        else pydb_internal.metric_gap(v_fields.weekdays, 7)
    end;
    -- within a day, and from the last of one day to the first of the next
    v_inner := case
        when cardinality(v_fields.hours) > 1 then greatest(
            pydb_internal.metric_gap(v_fields.minutes, 60),
            (
                select max(u.next_at - u.hour)
                from (
                    select h.hour, lead(h.hour) over (order by h.hour) as next_at
                    from unnest(v_fields.hours) as h (hour)
                ) as u
            ) * 60 - (v_fields.minutes[cardinality(v_fields.minutes)] - v_fields.minutes[1])
        )
        else pydb_internal.metric_gap(v_fields.minutes, 60)
    end;
    v_last := v_fields.hours[cardinality(v_fields.hours)] * 60 + v_fields.minutes[cardinality(v_fields.minutes)];
    return 60::float8 * greatest(
        case when cardinality(v_fields.hours) > 1 or cardinality(v_fields.minutes) > 1 then v_inner else 0 end,
        v_days * 1440 - v_last + v_fields.hours[1] * 60 + v_fields.minutes[1]
    );
end
$$;

comment on function pydb_internal.metric_interval(text) is
'Seconds between two firings at most: of 0 3 * * 1-5 three days, from Friday to Monday. Null where it is no
expression.';

revoke all on function pydb_internal.metric_interval(text) from public;
