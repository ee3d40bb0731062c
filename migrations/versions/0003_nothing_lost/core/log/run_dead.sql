-- pydb_internal.run_dead (log): the runs that the log takes for live although nobody is at them any more.
-- reads pg_stat_activity, pydb.job_run   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_dead(p_kind text, p_subject text)
returns table (id bigint, subject text, started_at timestamptz, heartbeat_at timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    if not exists (select from pydb_internal.run_live(p_kind, p_subject) as r) then
        return; -- before the processes of the server are listed
    end if;
    -- pid and backend_start name a process for good; one that has begun another statement since, or none, has left its
    -- run (cancelled between two batches). Where the caller may not see that, or the run itself could not (SET ROLE), a
    -- pid in use counts as alive until the run has been silent for the setting stale_after.
    return query
    select r.id, r.subject, r.started_at, r.heartbeat_at
    from pydb_internal.run_live(p_kind, p_subject) as r
    where r.pid = pg_backend_pid() or not exists (
        select 1
        from pg_stat_activity as a
        where a.pid = r.pid
            and case
                when a.backend_start is null or r.backend_start is null
                    then r.heartbeat_at > v_now - pydb_internal.setting_get(p_name => 'stale_after')::interval
                else a.backend_start = r.backend_start and (
                    -- with track_activities off there is nothing more to see
                    a.state = 'disabled' or (a.state = 'active' and a.query_start <= r.started_at)
                )
            end
    );
end
$$;

comment on function pydb_internal.run_dead(text, text) is
'Runs in state running whose server process is gone, or has gone on to something else. A null kind or
subject means all.';

revoke all on function pydb_internal.run_dead(text, text) from public;
