-- pydb_internal.run_unbegun (run): a run that an error has ended while it was still looked for what it is about.
-- reads settings   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_unbegun(
    p_run pydb_internal.run_state,
    p_sqlstate text,
    p_error text
)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    p_run.batches := 0;
    p_run.tries := 0;
    p_run := (pydb_internal.run_react(p_run, null, p_sqlstate, p_error, null)).run;
    if p_sqlstate = '55P03' then -- of a table of pydb's own: no other run of the same is known to be at work
        p_run.state := 'blocked';
        p_run.hint := pydb_internal.run_cure(p_sqlstate, null);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.run_unbegun(pydb_internal.run_state, text, text) is
'The run with its end (cancelled, or blocked by a lock or a time-out), for run_series to log.';

revoke all on function pydb_internal.run_unbegun(pydb_internal.run_state, text, text) from public;
