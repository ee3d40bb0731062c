-- pydb_internal.run_close_interrupted (log): close runs whose process was seen to be gone; what they did is audited.
-- reads pg_stat_activity, settings, reads and writes pydb.job_run   writes pydb.audit_log   locks the rows it closes
-- raises nothing
create or replace function pydb_internal.run_close_interrupted(p_ids bigint[], p_state text default 'interrupted')
returns integer
language plpgsql
security definer -- see pydb_internal.run_open
set search_path = pg_catalog, pg_temp
as $$
declare
    v_silent constant timestamptz := clock_timestamp() - pydb_internal.setting_get(p_name => 'stale_after')::interval;
    v_run pydb.job_run;
    v_count integer := 0;
begin
    -- The caller has looked (run_dead), and his word is not enough: what gave a sign of life within stale_after and can
    -- be seen to be alive from here stays open; what cannot be seen may be closed by who could be the role that ran it.
    for v_run in
        update pydb.job_run as r
        set state = case p_state when 'cancelled' then 'cancelled' else 'interrupted' end,
            stop_reason = case p_state when 'cancelled' then 'cancelled' else 'error' end,
            sqlstate = case p_state when 'cancelled' then '57014' else r.sqlstate end,
            finished_at = greatest(clock_timestamp(), r.started_at), detail = r.plan || r.detail,
            error = coalesce(r.error, case p_state
                when 'cancelled' then 'cancelled between two batches' else 'the server process of this run is gone'
            end)
        where r.id = any(p_ids) and r.state = 'running' and case
            when r.pid = pg_backend_pid() then r.started_at < statement_timestamp()
            when r.heartbeat_at <= v_silent then true
            else not exists (
                select 1
                from pg_stat_activity as a
                where a.pid = r.pid and case
                    when a.backend_start is null or r.backend_start is null
                        then not exists (
                            select 1 from pg_roles as o
                            where o.rolname = r.actor and pg_has_role(session_user, o.oid, 'USAGE')
                        )
                    else a.backend_start = r.backend_start and a.state = 'active' and a.query_start <= r.started_at
                end
            )
        end
        returning r.*
    loop
        v_count := v_count + 1;
        perform pydb_internal.run_audit(v_run, null, null);
        update pydb.job_run as r set plan = '{}' where r.id = v_run.id;
    end loop;
    return v_count;
end
$$;

comment on function pydb_internal.run_close_interrupted(bigint[], text) is
'Closes running runs as interrupted, or as cancelled; returns how many. One that can be seen to be
alive stays open, unless it gave no sign of life for the setting stale_after.';

revoke all on function pydb_internal.run_close_interrupted(bigint[], text) from public;
