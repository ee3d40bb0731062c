-- pydb_internal.scheduler_alive (process): is there a pydb schedule run with a fresh heartbeat.
-- reads pydb.scheduler   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.scheduler_alive()
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select exists (
        select from pydb.scheduler as s
        -- it beats every 10 s
        where s.stopped_at is null and s.heartbeat_at > statement_timestamp() - interval '60 s'
    )
$$;

comment on function pydb_internal.scheduler_alive() is
'True if a `pydb schedule run` gave a sign of life within the last 60 s and has not stopped.';

revoke all on function pydb_internal.scheduler_alive() from public;
