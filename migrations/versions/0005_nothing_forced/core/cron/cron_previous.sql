-- pydb_internal.cron_previous (cron): when a schedule came last.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.cron_previous(p_schedule text, p_at timestamptz)
returns timestamptz
language sql
immutable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
    select pydb_internal.cron_seek(p_schedule, p_at at time zone 'UTC', false) at time zone 'UTC'
$$;

comment on function pydb_internal.cron_previous(text, timestamptz) is
'Last time of a cron expression up to and including p_at, in UTC; null if there is none.';

revoke all on function pydb_internal.cron_previous(text, timestamptz) from public;
