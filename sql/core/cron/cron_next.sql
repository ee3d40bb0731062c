-- pydb_internal.cron_next (cron): when a schedule comes next.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_next(p_schedule text, p_after timestamptz)
returns timestamptz
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select case
        when p_schedule ~ '^[1-9][0-9]? seconds?$' then
            p_after + substring(p_schedule from '^[0-9]+')::integer * interval '1 second'
        else
            pydb_internal.cron_seek(p_schedule, p_after at time zone 'UTC', true) at time zone 'UTC'
    end
$$;

comment on function pydb_internal.cron_next(text, timestamptz) is
'First time of a schedule after p_after, in UTC, by cron''s rules; null if it never comes or is not a schedule.';

revoke all on function pydb_internal.cron_next(text, timestamptz) from public;
