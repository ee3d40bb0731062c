-- pydb_internal.cron_check (cron): refuse a schedule that is not a cron expression which every scheduler of ours
-- understands.
-- reads pg_extension   writes nothing   locks nothing
-- raises YD501 bad schedule
create or replace function pydb_internal.cron_check(p_schedule text)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_names constant text[] := array['minute', 'hour', 'day of month', 'month', 'day of week'];
    c_hints constant text[] := array[
        '0 to 59',
        '0 to 23',
        '1 to 31',
        '1 to 12 or jan to dec',
        '0 to 7 or sun to sat, where 0 and 7 are Sunday (a range up to Sunday is written 5-7)'
    ];
    c_example constant text :=
        'write five fields: minute hour day-of-month month day-of-week, in UTC; for example ''15 3 * * *'' for 03:15';
    v_field text[] := regexp_split_to_array(btrim(p_schedule, E' \t'), '[ \t]+');
    v_meaning record;
begin
    if p_schedule is null or octet_length(p_schedule) > 500 then
        raise exception using
            errcode = 'YD501',
            message = 'bad schedule: ' || case when p_schedule is null then 'it is null' else 'it is too long' end,
            detail = format('length in bytes: %s, at most 500', coalesce(octet_length(p_schedule)::text, 'null')),
            hint = c_example;
    end if;
    if p_schedule ~ '^[1-9][0-9]? seconds?$' then
        perform pydb_internal.cron_check_seconds(p_schedule);
        return;
    end if;
    if array_length(v_field, 1) <> 5 or p_schedule ~ '^[ \t]*@' then
        raise exception using
            errcode = 'YD501',
            message = format('bad schedule: %L is not a cron expression of five fields', p_schedule),
            detail = case
                when p_schedule ~ '^[ \t]*@' then 'words such as @reboot and @daily are not taken'
                else format(
                    '%s fields were found',
                    case when btrim(p_schedule, E' \t') = '' then 0 else array_length(v_field, 1) end
                )
            end,
            hint = c_example;
    end if;
    v_meaning := pydb_internal.cron_fields(p_schedule);
    for i in 1 .. 5 loop
        if (array[
            v_meaning.minutes is null, v_meaning.hours is null, v_meaning.days is null,
            v_meaning.months is null, v_meaning.weekdays is null
        ])[i] then
            raise exception using
                errcode = 'YD501',
                message = format('bad schedule: %L is not valid as %s', v_field[i], c_names[i]),
                detail = format('field %s of %L', i, p_schedule),
                hint = format(
                    'the %s takes %s; lists (1,15), rising ranges (1-5) and steps after * or a range (*/5, 0-30/10)',
                    c_names[i], c_hints[i]
                );
        end if;
    end loop;
    if pydb_internal.cron_seek(p_schedule, timestamp '2000-01-01 00:00', true) is null then
        raise exception using
            errcode = 'YD501',
            message = format('bad schedule: %L never comes', p_schedule),
            detail = 'no year has such a day',
            hint = c_example;
    end if;
end
$$;

comment on function pydb_internal.cron_check(text) is
'Raises YD501 unless the text is a cron expression of five fields (numbers, names such as jan and mon, lists, ranges,
steps). ''N seconds'' is taken only where the pg_cron of this database is 1.5 or newer. Schedules are in UTC.';

revoke all on function pydb_internal.cron_check(text) from public;
