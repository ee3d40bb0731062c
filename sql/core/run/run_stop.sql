-- pydb_internal.run_stop (run): whether a run must not start, or not go on: the one place for every look before a turn.
-- reads settings, the clock, windows, what guard_admit and the indicators of the governor read
-- writes what guard_admit writes, pydb.job_run   locks nothing else
-- raises YD822
create or replace function pydb_internal.run_stop(p_run pydb_internal.run_state, p_terms pydb_internal.run_terms)
returns pydb_internal.run_state
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_kind constant pydb_internal.run_kind := pydb_internal.run_kind_get(p_run.kind);
    v_deletes constant boolean := not p_run.dry_run and v_kind.deletes;
    v_restored text;
begin
    if p_run.state is not null then
        return p_run; -- the caller says why it does not start
    end if;
    -- a rehearsal deletes nothing, so nothing holds it
    if v_deletes and pydb_internal.setting_get(p_name => 'kill_switch')::boolean then
        p_run.state := 'partial';
        p_run.reason := 'kill_switch';
        p_run.error := 'the kill switch is on: select pydb.retention_resume();';
        return p_run;
    end if;
    -- once a run: a server that takes writes is not promoted, restored or copied under a session
    if v_deletes and p_run.run_id is null then
        v_restored := pydb_internal.guard_admit();
    end if;
    if v_restored is not null then
        p_run.state := 'blocked';
        p_run.reason := 'held';
        p_run.sqlstate := 'YD840';
        p_run.error := v_restored;
        p_run.hint := 'If this is where it should delete: select pydb.guard_allow(''why'');';
    elsif p_terms.reason is not null and not (p_run.dry_run and p_terms.reason in ('paused', 'held')) then
        p_run.state := case p_terms.reason
            when 'cancelled' then 'cancelled' when 'held' then 'blocked' else 'partial' end;
        p_run.reason := p_terms.reason;
        p_run.error := p_terms.error;
        p_run.sqlstate := coalesce(p_terms.sqlstate, p_run.sqlstate);
        p_run.hint := coalesce(p_terms.hint, p_run.hint);
    end if;
    -- what is not bound to any window asks for none
    if p_run.state is null and (cardinality(p_terms.windows) > 0 or (p_terms.windows is null and v_kind.is_windowed))
    then
        p_run := pydb_internal.window_stop(p_run, p_terms);
    end if;
    -- The batch that uses a budget up is the last: it can go beyond the WAL that is left, by what one batch takes.
    if p_run.state is not null then
        null;
    elsif clock_timestamp() > p_run.deadline then
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
    if p_run.state is null and v_deletes and p_run.run_id is not null then
        p_run := pydb_internal.governor_stop(p_run, p_terms);
    end if;
    return p_run;
end
$$;

comment on function pydb_internal.run_stop(pydb_internal.run_state, pydb_internal.run_terms) is
'The run with its end where the kill switch is on, the database was restored, promoted or copied, its subject is
paused or gone, its window is closed, or its time, rows or WAL are used up, and with
its pace where the governor slows it: what ends a run from outside is looked at
here and nowhere else.';

revoke all on function pydb_internal.run_stop(pydb_internal.run_state, pydb_internal.run_terms) from public;
