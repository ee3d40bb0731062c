-- pydb_internal.run_drive (run; by run_series): one run from start to end, of any kind: a transaction a turn, each
-- error caught and judged. The only loop that commits.
-- writes what the hooks of its kind write, pydb.job_run, pydb.audit_log   locks per turn
-- raises nothing; commits, so it has no SET clause, is not SECURITY DEFINER, and pins its settings after each COMMIT
create or replace procedure pydb_internal.run_drive(inout p_run pydb_internal.run_state)
language plpgsql
as $$
declare
    -- the parts stay here, one at a time goes out: to hand them all over would copy them, every turn
    v_parts pydb_internal.run_part[];
    v_late pydb_internal.run_part[] := '{}'::pydb_internal.run_part[];
    v_place int4 := 1;
    v_part pydb_internal.run_part;
    v_turn pydb_internal.run_turn;
    v_seconds float8;
    v_slices int4 := 0;
    v_is_begun bool := false;
    v_sqlstate pg_catalog.text;
    v_error pg_catalog.text;
    v_hint pg_catalog.text;
    v_detail pg_catalog.text;
    v_context pg_catalog.text;
begin
    commit;
    -- So begins every transaction: under read committed a row that somebody renewed is judged again before it is
    -- deleted, and it writes, whatever the defaults are; and the path, which no SET clause can hold, is ours again.
    set transaction isolation level read committed, read write;
    set local search_path = pg_catalog, pg_temp;
    loop
        v_part := null;
        begin
            perform pydb_internal.run_pin();
            if not v_is_begun then
                v_is_begun := true;
                p_run := pydb_internal.run_begin(p_run);
            else
                -- null where all of them are through, or their rows are as many as may go
                v_part := case when p_run.done >= p_run.max_rows then null else v_parts[v_place] end;
                v_turn := pydb_internal.run_proceed(p_run, v_part, case when v_part is null then v_parts || v_late end);
                p_run := v_turn.run;
                if v_turn.is_layout then
                    v_parts := v_turn.parts;
                    v_late := '{}';
                    v_place := 1;
                else
                    v_late := v_late || v_turn.parts;
                    v_parts[v_place] := case when v_turn.part is null then v_parts[v_place] else v_turn.part end;
                    while v_turn.part is null loop
                        v_place := v_place + 1;
                        exit when ((v_parts[v_place]).relation = any(v_turn.through)) is not true;
                    end loop;
                end if;
            end if;
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics v_sqlstate = returned_sqlstate, v_error = message_text,
                v_hint = pg_exception_hint, v_detail = pg_exception_detail, v_context = pg_exception_context;
            v_turn := pydb_internal.run_react(p_run, v_part, v_sqlstate, v_error, v_hint, v_detail, v_context);
            p_run := pydb_internal.run_blame(v_turn.run, v_context);
            if not (v_turn.part is null) then
                v_parts[v_place] := v_turn.part;
            end if;
        end;
        commit;
        set transaction isolation level read committed, read write;
        set local search_path = pg_catalog, pg_temp;
        exit when p_run.state is not null;
        if p_run.request is not null then
            -- a word to the caller who watches: if he is gone, the server finds out here and ends the session
            raise info '%: % rows', pydb_internal.run_label(p_run), p_run.done;
        end if;
        -- pauses lie outside of the batch's transaction, in slices, so that no sleep holds a snapshot
        while p_run.state is null and p_run.wake_at > clock_timestamp() loop
            begin
                v_seconds := pydb_internal.run_rest(p_run, v_slices);
                perform pg_catalog.pg_sleep(v_seconds);
            exception
                when query_canceled then
                    p_run := (pydb_internal.run_react(p_run, null, '57014', 'cancelled during a pause', null)).run;
                when lock_not_available then
                    v_seconds := null; -- somebody locks what is looked at: the turn knows what to do
            end;
            commit;
            set transaction isolation level read committed, read write;
            set local search_path = pg_catalog, pg_temp;
            v_slices := v_slices + 1;
            exit when v_seconds is null;
        end loop;
    end loop;
    loop
        begin
            perform pydb_internal.run_pin();
            perform pydb_internal.run_end(p_run); -- does nothing where its last turn has
            exit;
        exception when query_canceled then
            p_run.halt := 'cancelled'; -- the log must say how it ended all the same; the caller stops after it
        end;
    end loop;
    commit;
end
$$;

comment on procedure pydb_internal.run_drive(pydb_internal.run_state) is
'Runs one subject of a kind: open lays out its parts, turn takes a step of one of them, evade finds a way around an
error. p_run comes back with state, reason and sums; a state that is given keeps it from starting and is logged.';

revoke all on procedure pydb_internal.run_drive(pydb_internal.run_state) from public;
