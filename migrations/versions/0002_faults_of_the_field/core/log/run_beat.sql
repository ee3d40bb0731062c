-- pydb_internal.run_beat (log): a sign of life of a run that rests, once a second at most.
-- writes pydb.job_run   locks the run's row
-- raises nothing
create or replace function pydb_internal.run_beat(p_run_id bigint)
returns boolean
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
begin
    update pydb.job_run as r
    set heartbeat_at = clock_timestamp()
    from (select clock_timestamp() - interval '1 s' as since) as u
    where r.id = p_run_id and r.state = 'running' and r.pid = pg_backend_pid()
        and r.heartbeat_at < u.since;
    return found;
end
$$;

comment on function pydb_internal.run_beat(bigint) is
'Renews the heartbeat of a running run if it is older than a second, and says whether it was.';

revoke all on function pydb_internal.run_beat(bigint) from public;
