-- pydb._run_settle: mark runs whose backend is gone as interrupted, so that the next run can start.
-- reads pg_stat_activity   reads and writes pydb.job_run   locks the rows it marks
-- raises nothing
create or replace function pydb._run_settle(p_kind text, p_subject text)
returns integer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz := clock_timestamp();
    v_dead bigint[];
begin
    -- pid and backend_start name a process for good; one that has begun another statement since, or none, has left its
    -- run (cancelled between two batches). Where the caller may not see that, or the run itself could not (SET ROLE), a
    -- pid in use counts as alive until the run has been silent for the setting stale_after.
    select array_agg(r.id) into v_dead
    from pydb._run_live(p_kind, p_subject) as r
    where r.pid = pg_backend_pid() or not exists (
        select 1
        from pg_stat_activity as a
        where a.pid = r.pid
            and case
                when a.backend_start is null or r.backend_start is null
                    then r.heartbeat_at > v_now - pydb._setting(p_name => 'stale_after')::interval
                else a.backend_start = r.backend_start and (
                    -- with track_activities off there is nothing more to see
                    a.state = 'disabled' or (a.state = 'active' and a.query_start <= r.started_at)
                )
            end
    );
    if v_dead is null then
        return 0;
    end if;
    return pydb._run_interrupted(v_dead);
end
$$;

comment on function pydb._run_settle(text, text) is
'Marks runs of this subject whose server process is gone as interrupted; returns how many. A null subject means all.';

revoke all on function pydb._run_settle(text, text) from public;
