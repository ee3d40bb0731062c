-- pydb.audit_seal_run: seal the audit log: block by block, as far as it can be, and again for as long as it is told.
-- reads settings   writes pydb.audit_seal, pydb.audit_head; commits each block   locks the row of the head
-- raises nothing; warns YD007
create or replace procedure pydb.audit_seal_run(p_for interval default null)
language plpgsql
as $$
declare
    v_until pg_catalog.timestamptz; -- resolved under the caller's search_path: no type goes without its schema
    v_rows bigint;
    v_is_last boolean := false;
begin
    -- no SET clause: it would forbid COMMIT
    set local search_path = pg_catalog, pg_temp;
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_until := clock_timestamp() + coalesce(p_for, pydb_internal.setting_get(p_name => 'audit_seal_for')::interval);
    loop
        commit;
        set transaction isolation level read committed, read write;
        set local search_path = pg_catalog, pg_temp;
        v_rows := pydb_internal.audit_seal_batch();
        continue when v_rows > 0;
        exit when v_is_last or clock_timestamp() >= v_until;
        commit;
        set local search_path = pg_catalog, pg_temp;
        perform pydb_internal.clock_wait(v_until, '1 s');
        v_is_last := clock_timestamp() >= v_until;
    end loop;
end
$$;

comment on procedure pydb.audit_seal_run(interval) is
'Seals what was entered into pydb.audit_log into blocks of at most 1000 rows, each with the hash of the one before. Rows
wait while a transaction is open that was at work when they were entered. p_for: go on so long, looking every
second (null: as the setting audit_seal_for says; 0: once), so that what is not sealed is at most some seconds old.
Runs seal as well, as they begin and end.';

revoke all on procedure pydb.audit_seal_run(interval) from public;
