-- pydb_internal.run_look (run): look before a turn at all that could end the run, or change what it is about.
-- reads settings, the terms of the subject   writes nothing   locks nothing
-- raises what the terms of the kind raise
create or replace function pydb_internal.run_look(p_run pydb_internal.run_state)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_terms constant pydb_internal.run_terms := pydb_internal.run_terms_of(p_run);
begin
    p_run := pydb_internal.run_stop(p_run, v_terms);
    if p_run.governor_since is null or p_run.state is not null then -- it is laid out when it has rested
        p_run.version := v_terms.version;
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.run_look(pydb_internal.run_state) is
'The run with its end, if it must not go on, and with the version of its subject: another one means another layout.';

revoke all on function pydb_internal.run_look(pydb_internal.run_state) from public;
