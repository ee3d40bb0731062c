-- pydb_internal.cron_fields (cron): what the five fields of a cron expression mean.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_fields(
    p_schedule text,
    out minutes integer[],
    out hours integer[],
    out days integer[],
    out months integer[],
    out weekdays integer[],
    out either_day boolean
)
returns record
language plpgsql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
    v_field text[] := regexp_split_to_array(btrim(p_schedule, E' \t'), '[ \t]+');
begin
    if cardinality(v_field) is distinct from 5 then
        return;
    end if;
    minutes := pydb_internal.cron_field_values(v_field[1], 0, 59, null);
    hours := pydb_internal.cron_field_values(v_field[2], 0, 23, null);
    days := pydb_internal.cron_field_values(v_field[3], 1, 31, null);
    months := pydb_internal.cron_field_values(
        v_field[4], 1, 12, '{jan,feb,mar,apr,may,jun,jul,aug,sep,oct,nov,dec}'
    );
    weekdays := pydb_internal.cron_field_values(v_field[5], 0, 7, '{sun,mon,tue,wed,thu,fri,sat}');
    if weekdays is not null then
        -- 0 and 7 are both Sunday
        weekdays := array(select distinct w % 7 from unnest(weekdays) as w order by 1);
    end if;
    -- cron's rule: where both day fields are restricted, either of them is enough. pg_cron takes a field that
    -- begins with * (also */2) for unrestricted.
    either_day := v_field[3] !~ '^[*]' and v_field[5] !~ '^[*]';
end
$$;

comment on function pydb_internal.cron_fields(text) is
'What a valid cron expression of five fields means: the values of each field (weekdays 0 = Sunday to 6), and whether
a day needs to match only one of the two day fields (both restricted) or both.';

revoke all on function pydb_internal.cron_fields(text) from public;
