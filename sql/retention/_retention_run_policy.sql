-- pydb._retention_run_policy: one policy from start to end: a transaction a turn, each error caught and judged.
-- writes the target, pydb.job_run, pydb.audit_log   locks per batch: the relation (row exclusive), its rows
-- raises YD002; commits, so it has no SET clause, is not SECURITY DEFINER, and pins its settings after each COMMIT
create or replace procedure pydb._retention_run_policy(
    p_policy text,
    p_dry_run boolean,
    p_max_rows bigint,
    p_deadline timestamptz,
    p_now timestamptz,
    p_request uuid,
    inout p_walk jsonb
)
language plpgsql
as $$
declare
    v_sqlstate text;
    v_error text;
    v_hint text;
    v_wake timestamptz;
begin
    perform pydb._pin();
    p_walk := pydb._retention_begin(p_policy, p_dry_run, p_max_rows, p_deadline, p_now, p_request);
    commit;
    -- So begins every transaction: under read committed a row that somebody renewed is judged again before it is
    -- deleted, whatever the default is; and the path, which no SET clause can hold over a COMMIT, is ours again.
    set transaction isolation level read committed;
    set local search_path = pg_catalog, pg_temp;
    while p_walk ->> 'state' is null loop
        begin
            perform pydb._pin();
            p_walk := pydb._retention_advance(p_walk);
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics
                v_sqlstate = returned_sqlstate, v_error = message_text, v_hint = pg_exception_hint;
            p_walk := pydb._retention_react(p_walk, v_sqlstate, v_error, v_hint);
        end;
        commit;
        set transaction isolation level read committed;
        set local search_path = pg_catalog, pg_temp;
        -- pauses lie outside the batch's transaction, in slices, so that none holds a snapshot for long
        v_wake := pg_catalog.clock_timestamp() + (p_walk ->> 'pause_ms')::bigint * interval '1 ms';
        while v_wake > pg_catalog.clock_timestamp() loop
            begin
                perform pg_catalog.pg_sleep(
                    least(extract(epoch from v_wake - pg_catalog.clock_timestamp()), 0.1)
                );
            exception when query_canceled then
                p_walk := pydb._retention_react(p_walk, '57014', 'cancelled during a pause', null);
                v_wake := pg_catalog.clock_timestamp();
            end;
            commit;
            set transaction isolation level read committed;
            set local search_path = pg_catalog, pg_temp;
        end loop;
    end loop;
    perform pydb._pin();
    perform pydb._retention_end(p_walk);
    commit;
end
$$;

comment on procedure pydb._retention_run_policy(text, boolean, bigint, timestamptz, timestamptz, uuid, jsonb) is
'Runs one policy; p_walk comes back with the state, reason and sums of the run.';

revoke all on procedure pydb._retention_run_policy(
    text, boolean, bigint, timestamptz, timestamptz, uuid, jsonb
) from public;
