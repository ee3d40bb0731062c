-- pydb_internal.retention_run_policy (run; by retention_run): one policy from start to end: a transaction a turn, each
-- error caught and judged.
-- writes the target, pydb.job_run, pydb.audit_log   locks per batch: the relation (row exclusive), its rows
-- raises nothing; commits, so it has no SET clause, is not SECURITY DEFINER, and pins its settings after each COMMIT
create or replace procedure pydb_internal.retention_run_policy(
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
    v_sqlstate pg_catalog.text;
    v_error pg_catalog.text;
    v_hint pg_catalog.text;
    v_pause double precision;
begin
    commit;
    -- So begins every transaction: under read committed a row that somebody renewed is judged again before it is
    -- deleted, whatever the default is; and the path, which no SET clause can hold over a COMMIT, is ours again.
    set transaction isolation level read committed;
    set local search_path = pg_catalog, pg_temp;
    begin
        perform pydb_internal.run_pin();
        p_walk := pydb_internal.retention_begin(p_policy, p_dry_run, p_max_rows, p_deadline, p_now, p_request);
    exception when query_canceled or assert_failure or others then
        get stacked diagnostics
            v_sqlstate = returned_sqlstate, v_error = message_text, v_hint = pg_exception_hint;
        p_walk := pydb_internal.retention_refuse(p_policy, p_dry_run, p_request, v_sqlstate, v_error, v_hint);
    end;
    commit;
    set transaction isolation level read committed;
    set local search_path = pg_catalog, pg_temp;
    while p_walk ->> 'state' is null loop
        begin
            perform pydb_internal.run_pin();
            p_walk := pydb_internal.retention_advance(p_walk);
        exception when query_canceled or assert_failure or others then
            get stacked diagnostics
                v_sqlstate = returned_sqlstate, v_error = message_text, v_hint = pg_exception_hint;
            p_walk := pydb_internal.retention_react(p_walk, v_sqlstate, v_error, v_hint);
        end;
        commit;
        set transaction isolation level read committed;
        set local search_path = pg_catalog, pg_temp;
        if p_request is not null and (p_walk ->> 'beat')::boolean then
            -- a word to the caller who watches: if he is gone, the server finds out here and ends the session
            raise info 'policy %: % rows', p_policy, p_walk ->> 'done';
        end if;
        -- pauses lie outside the batch's transaction; after each slice the switches are looked at, and after the
        -- fourth there is a whole turn, which gives a sign of life
        continue when not p_walk ? 'wake';
        for v_slice in 1..4 loop
            begin
                v_pause := pydb_internal.retention_rest(p_walk);
                perform pg_catalog.pg_sleep(v_pause);
            exception
                when query_canceled then
                    p_walk := pydb_internal.retention_react(p_walk, '57014', 'cancelled during a pause', null);
                when lock_not_available then
                    v_pause := null; -- somebody locks the policies: the turn knows what to do
            end;
            commit;
            set transaction isolation level read committed;
            set local search_path = pg_catalog, pg_temp;
            exit when v_pause is null;
        end loop;
    end loop;
    loop
        begin
            perform pydb_internal.run_pin();
            perform pydb_internal.retention_end(p_walk);
            exit;
        exception when query_canceled then
            -- the log must say how it ended, also when that is what was interrupted; the caller stops after it
            p_walk := p_walk || '{"halt": "cancelled"}';
        end;
    end loop;
    commit;
end
$$;

comment on procedure pydb_internal.retention_run_policy(text, boolean, bigint, timestamptz, timestamptz, uuid, jsonb) is
'Runs one policy; p_walk comes back with the state, reason and sums of the run.';

revoke all on procedure pydb_internal.retention_run_policy(
    text, boolean, bigint, timestamptz, timestamptz, uuid, jsonb
) from public;
