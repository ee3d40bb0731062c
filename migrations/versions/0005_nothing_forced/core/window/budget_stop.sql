-- pydb_internal.budget_stop (window; by run_stop): look whether the time, the rows or the WAL of a run are used up.
-- reads the clock   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.budget_stop(p_run pydb_internal.run_state)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    if clock_timestamp() > p_run.deadline then
        p_run.state := 'partial';
        p_run.reason := 'time_budget';
    elsif p_run.done >= p_run.max_rows and p_run.done < p_run.due then
        p_run.state := 'partial';
        p_run.reason := 'row_budget';
    elsif p_run.wal >= p_run.max_wal then
        p_run.state := 'partial';
        p_run.reason := 'wal_budget';
        p_run.error := format('its batches took %s of WAL', pg_size_pretty(p_run.wal));
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.budget_stop(pydb_internal.run_state) is
'The run with its end where a budget is used up. The batch that uses it up is the last: it can go beyond the WAL that is
left, by what one batch takes.';

revoke all on function pydb_internal.budget_stop(pydb_internal.run_state) from public;
