-- pydb_internal.cascade_run_job (job; by cascade_run): one job from start to end: a transaction a turn, each error
-- caught and judged.
-- writes what pydb_internal.cascade_turn writes   locks per batch: the tables (row exclusive), the rows
-- raises nothing; commits, so it has no SET clause, is not SECURITY DEFINER, and pins its settings after each COMMIT
create or replace procedure pydb_internal.cascade_run_job(
    p_job bigint,
    p_deadline timestamptz,
    p_request uuid,
    inout p_state jsonb
)
language plpgsql
as $$
declare
    v_queue pydb_internal.cascade_chunk[];
    v_place integer := 1;
    v_from integer := 1;
    v_rows integer;
    v_chunk pydb_internal.cascade_chunk;
    v_turn pg_catalog.record;
    v_sqlstate pg_catalog.text;
    v_error pg_catalog.text;
    v_hint pg_catalog.text;
begin
    commit;
    set transaction isolation level read committed;
    set local search_path = pg_catalog, pg_temp;
    begin
        perform pydb_internal.run_pin();
        p_state := pydb_internal.cascade_job_begin(p_job, p_deadline, p_request);
    exception when query_canceled or assert_failure or others then
        get stacked diagnostics
            v_sqlstate = returned_sqlstate, v_error = message_text, v_hint = pg_exception_hint;
        p_state := pydb_internal.cascade_react(jsonb_build_object(
            'job', p_job, 'done', 0, 'retries', 0, 'tries', 1000000, 'rows', 1
        ), v_sqlstate, v_error, v_hint);
    end;
    commit;
    set transaction isolation level read committed;
    set local search_path = pg_catalog, pg_temp;
    while p_state ->> 'state' is null loop
        begin
            perform pydb_internal.run_pin();
            v_rows := (p_state ->> 'rows')::int4;
            -- the queue stays here: to hand it over would copy all of it, every turn
            v_chunk := null;
            if v_place <= cardinality(v_queue) then
                v_chunk := row(
                    v_queue[v_place].relation, v_queue[v_place].tids[v_from:v_from + v_rows - 1],
                    v_queue[v_place].versions[v_from:v_from + v_rows - 1], v_queue[v_place].filenode
                );
            end if;
            select * into v_turn from pydb_internal.cascade_turn(p_state, v_chunk);
            p_state := v_turn.p_state;
            if v_turn.queue is not null then
                v_queue := v_turn.queue;
                v_place := 1;
                v_from := 1;
            elsif v_from + v_rows <= cardinality(v_queue[v_place].tids) then
                v_from := v_from + v_rows;
            else
                v_place := v_place + 1;
                v_from := 1;
            end if;
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics
                v_sqlstate = returned_sqlstate, v_error = message_text, v_hint = pg_exception_hint;
            p_state := pydb_internal.cascade_react(p_state, v_sqlstate, v_error, v_hint);
        end;
        commit;
        set transaction isolation level read committed;
        set local search_path = pg_catalog, pg_temp;
        if p_request is not null then
            -- a word to the caller who watches: if he is gone, the server finds out here and ends the session
            raise info 'job %: % rows', p_job, p_state ->> 'done';
        end if;
        continue when not p_state ? 'wake';
        begin
            perform pg_catalog.pg_sleep(greatest(
                extract(epoch from (p_state ->> 'wake')::timestamptz - clock_timestamp()), 0
            ));
        exception when query_canceled then
            p_state := pydb_internal.cascade_react(p_state, '57014', 'cancelled during a pause', null);
        end;
        p_state := p_state - 'wake';
        commit;
        set transaction isolation level read committed;
        set local search_path = pg_catalog, pg_temp;
    end loop;
    loop
        begin
            perform pydb_internal.run_pin();
            perform pydb_internal.cascade_job_end(p_state);
            exit;
        exception when query_canceled then
            p_state := p_state || '{"halt": "cancelled"}'; -- the log must say how it ended all the same
        end;
    end loop;
    commit;
end
$$;

comment on procedure pydb_internal.cascade_run_job(bigint, timestamptz, uuid, jsonb) is
'Runs one job; p_state comes back with the state, reason and sums of the run.';

revoke all on procedure pydb_internal.cascade_run_job(bigint, timestamptz, uuid, jsonb) from public;
