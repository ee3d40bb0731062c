-- pydb_internal.schedule_backend_alive (process): does a server process still live.
-- reads pg_stat_activity   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.schedule_backend_alive(p_pid integer, p_backend_start timestamptz)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- a role without pg_read_all_stats does not see backend_start of others: the pid alone then counts as alive
    select exists (
        select from pg_stat_activity as a
        where a.pid = p_pid and coalesce(a.backend_start = p_backend_start, true)
    )
$$;

comment on function pydb_internal.schedule_backend_alive(integer, timestamptz) is
'True if the server process with this pid and start still lives, or cannot be told from another one.';

revoke all on function pydb_internal.schedule_backend_alive(integer, timestamptz) from public;
