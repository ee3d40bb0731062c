-- pydb_internal.run_outcome (total; by run_total_add): how a run ended, in one word for monitoring.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_outcome(p_state text, p_stop_reason text, p_sqlstate text)
returns text
language plpgsql -- it keeps its plan
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    return (
        select case
            when p_state = 'completed' then 'success'
            when p_stop_reason = 'no_progress' then 'no_progress'
            when p_state = 'failed' then 'error'
            when p_state = 'skipped' and p_stop_reason = 'locked' then 'skipped_locked'
            when p_state <> 'blocked' then p_state -- partial, cancelled, interrupted, skipped
            -- 42501 is what the server says of hidden rows, and of a privilege that it refused itself; one that pydb
            -- found missing beforehand is YD005
            when p_sqlstate in ('YD404', '42501') then 'blocked_rls'
            when p_stop_reason = 'fuse' or p_sqlstate like 'YD84%' then 'blocked_guard'
            when p_stop_reason = 'held' then 'blocked_held'
            when p_stop_reason = 'locked' then 'blocked_lock'
            when p_stop_reason = 'referenced' then 'blocked_referenced'
            else 'blocked'
        end
    );
end
$$;

comment on function pydb_internal.run_outcome(text, text, text) is
'success, partial, error, cancelled, interrupted, no_progress, skipped, skipped_locked, blocked_guard (a fuse, or
somebody must say that this is where pydb may delete), blocked_held, blocked_lock, blocked_rls (row security hides rows,
or the server itself refused a privilege), blocked_referenced or blocked.';

revoke all on function pydb_internal.run_outcome(text, text, text) from public;
