-- pydb_internal.orphan_walk (run): a scan or a repair from start to end: a transaction a turn, each error caught and
-- judged.
-- writes what its turns write   locks per turn   ends in pydb.job_run
-- raises nothing; commits, so it has no SET clause, is not SECURITY DEFINER, and pins its settings after each COMMIT
create or replace procedure pydb_internal.orphan_walk(inout p_walk jsonb)
language plpgsql
as $$
declare
    v_sqlstate pg_catalog.text;
    v_error pg_catalog.text;
    v_hint pg_catalog.text;
    v_pause double precision;
begin
    commit;
    set transaction isolation level read committed;
    set local search_path = pg_catalog, pg_temp;
    begin
        perform pydb_internal.run_pin();
        p_walk := pydb_internal.orphan_begin(p_walk);
    exception when query_canceled or assert_failure or others then
        get stacked diagnostics
            v_sqlstate = returned_sqlstate, v_error = message_text, v_hint = pg_exception_hint;
        p_walk := pydb_internal.orphan_refuse(p_walk, v_sqlstate, v_error, v_hint);
    end;
    commit;
    set transaction isolation level read committed;
    set local search_path = pg_catalog, pg_temp;
    while p_walk ->> 'state' is null loop
        begin
            perform pydb_internal.run_pin();
            p_walk := pydb_internal.orphan_turn(p_walk);
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics
                v_sqlstate = returned_sqlstate, v_error = message_text, v_hint = pg_exception_hint;
            p_walk := pydb_internal.orphan_react(p_walk, v_sqlstate, v_error, v_hint);
        end;
        commit;
        set transaction isolation level read committed;
        set local search_path = pg_catalog, pg_temp;
        if p_walk ->> 'request' is not null and p_walk ->> 'state' is null then
            -- a word to the caller who watches: if he is gone, the server finds out here and ends the session
            raise info '%: % rows', p_walk ->> 'subject', p_walk ->> 'done';
        end if;
        -- pauses lie outside of the turn's transaction
        v_pause := (p_walk ->> 'pause')::double precision;
        continue when v_pause is null;
        p_walk := p_walk - 'pause';
        begin
            perform pg_catalog.pg_sleep(v_pause);
        exception when query_canceled then
            p_walk := pydb_internal.orphan_react(p_walk, '57014', 'cancelled during a pause', null);
        end;
        commit;
        set transaction isolation level read committed;
        set local search_path = pg_catalog, pg_temp;
    end loop;
    loop
        begin
            perform pydb_internal.run_pin();
            perform pydb_internal.orphan_end(p_walk);
            exit;
        exception when query_canceled then
            -- the log must say how it ended, also when that is what was interrupted; the caller stops after it
            p_walk := p_walk || '{"halt": "cancelled"}';
        end;
    end loop;
    commit;
end
$$;

comment on procedure pydb_internal.orphan_walk(jsonb) is
'Runs one scan or repair; p_walk comes back with its state, reason and sums.';

revoke all on procedure pydb_internal.orphan_walk(jsonb) from public;
