-- pydb_internal.run_tell (run; by run_series): say to the caller how a run ended that needs no error.
-- reads pydb_internal.run_kind   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_tell(p_run pydb_internal.run_state, p_is_warning boolean)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_note text;
begin
    foreach v_note in array coalesce(p_run.notes, '{}') loop
        raise notice '%', v_note;
    end loop;
    if p_run.state = 'completed' then
        raise notice '%', pydb_internal.run_sentence(p_run);
    elsif p_run.state in ('partial', 'skipped') or p_is_warning then
        raise warning '%', pydb_internal.run_sentence(p_run);
    end if;
end
$$;

comment on function pydb_internal.run_tell(pydb_internal.run_state, boolean) is
'A notice for a completed run, a warning for a partial or skipped one, and (p_is_warning) for any other.';

revoke all on function pydb_internal.run_tell(pydb_internal.run_state, boolean) from public;
