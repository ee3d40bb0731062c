-- pydb.orphan_close: make a reference a valid foreign key: add it NOT VALID, then validate it, each under a short lock.
-- writes the catalog, pydb.reference, pydb.audit_log   locks child and parent, each try for lock_timeout at most
-- raises YD001 YD005 YD015 YD301 YD402 YD404 YD406 YD407 YD408; commits, so it cannot run inside a transaction block
create or replace procedure pydb.orphan_close(
    p_reference text,
    p_max_wait interval default '1 min',
    p_search_path name[] default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_plan pydb_internal.orphan_closing;
    v_statement pg_catalog.text;
    v_deadline pg_catalog.timestamptz;
    v_is_done boolean;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    perform pydb_internal.orphan_check_call(p_max_wait, null, null);
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_plan := pydb_internal.orphan_close_plan(p_reference);
    if v_plan.is_closed then
        perform pydb_internal.orphan_check_closed(v_plan);
        raise notice 'reference %: the key is there and valid', v_plan.reference;
        return;
    end if;
    foreach v_statement in array array[v_plan.add_statement, v_plan.validate_statement] loop
        continue when v_statement is null;
        v_deadline := clock_timestamp() + p_max_wait;
        loop
            -- a transaction a try: who waits behind us waits for lock_timeout at most
            commit;
            set transaction isolation level read committed, read write;
            set local search_path = pg_catalog, pg_temp;
            perform pydb_internal.run_pin();
            perform pydb_internal.application_pin(p_search_path, v_plan.child);
            v_is_done := pydb_internal.orphan_close_try(v_plan, v_statement, v_deadline);
            exit when v_is_done;
            perform pydb_internal.clock_wait(null, (0.1 + random() * 0.4) * interval '1 s');
        end loop;
        raise notice 'reference %: %', v_plan.reference, v_statement;
    end loop;
    commit;
end
$$;

comment on procedure pydb.orphan_close(text, interval, name[]) is
'Makes a reference a valid foreign key. A logical one is added NOT VALID, which takes a short lock and checks new rows
from then on, and leaves pydb.reference; then it is validated, which lets others read and write. A declared NOT VALID
key is only validated. Tries for lock_timeout at a time, for p_max_wait in all (YD408). If orphans remain the key stays
NOT VALID and YD407 says how many. A key that is valid is counted too: orphans may be under it (YD407), or its triggers
be off (YD406). p_search_path: schemas in which event triggers look for names.';

revoke all on procedure pydb.orphan_close(text, interval, name[]) from public;
