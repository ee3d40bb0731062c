-- pydb_internal.run_is_dead (log): does the log take this run for live although nobody is at it any more.
-- reads pg_stat_activity, settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_is_dead(p_run pydb.job_run)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- asked for every row of a list: only those that say that they are running are worth a look at the processes
    return case
        when p_run.state = 'running' then exists (
            select 1 from pydb_internal.run_dead(p_run.kind, p_run.subject) as d where d.id = p_run.id
        )
        else false
    end;
end
$$;

comment on function pydb_internal.run_is_dead(pydb.job_run) is
'True for a run in state running whose server process is gone, or has gone on to something else.';

revoke all on function pydb_internal.run_is_dead(pydb.job_run) from public;
