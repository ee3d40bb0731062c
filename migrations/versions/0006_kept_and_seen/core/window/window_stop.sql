-- pydb_internal.window_stop (window; by run_stop): look whether a run is within its windows.
-- reads pydb.run_window, settings, the clock   writes nothing   locks nothing
-- raises YD822
create or replace function pydb_internal.window_stop(
    p_run pydb_internal.run_state,
    p_terms pydb_internal.run_terms
)
returns pydb_internal.run_state
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- whoever rehearses may ask about another hour
    v_now constant timestamptz := case when p_run.dry_run then coalesce(p_run.now, clock_timestamp())
        else clock_timestamp() end;
    v_is_rehearsal constant boolean := coalesce(p_run.dry_run, false);
    v_window record;
    v_target float8;
begin
    -- beyond the end of the batch and of the next look nobody asks
    v_window := pydb_internal.window_within(
        p_terms.windows, p_run.kind, v_now, interval '1 hour' + coalesce(p_run.turn_ms, 0) * interval '1 ms'
    );
    if v_window.until = 'infinity' then
        return p_run;
    elsif v_window.until is not null and not v_is_rehearsal then
        v_target := 1000 * extract(epoch from coalesce(
            p_terms.batch_target, pydb_internal.setting_get(p_name => 'batch_target')::interval
        ))::float8;
        -- a batch that would last as the one before must not end beyond the window by more than its target
        if v_now + (coalesce(p_run.turn_ms, 0) - v_target) * interval '1 ms' < v_window.until then
            return p_run;
        end if;
    elsif v_is_rehearsal then
        if v_window.until is null and p_run.run_id is null then
            p_run.notes := p_run.notes || format(
                '%s: outside of its window (%s): a run would be skipped until %s', pydb_internal.run_label(p_run),
                array_to_string(v_window.names, ', '), coalesce(v_window.opens_at::text, 'one opens')
            );
        end if;
        return p_run;
    end if;
    p_run.state := 'partial';
    p_run.reason := 'window';
    p_run.error := format('outside of its window (%s), which %s', array_to_string(v_window.names, ', '), case
        when v_window.until is not null then format('closes at %s', v_window.until)
        else coalesce(format('opens at %s', v_window.opens_at), 'does not open within two weeks') end);
    return p_run;
end
$$;

comment on function pydb_internal.window_stop(pydb_internal.run_state, pydb_internal.run_terms) is
'The run with its end where it is outside of its windows, or where its next batch would end beyond them by more than a
batch aims for. A rehearsal goes on, and says so.';

revoke all on function pydb_internal.window_stop(pydb_internal.run_state, pydb_internal.run_terms) from public;
