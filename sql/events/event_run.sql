-- pydb.event_run: publish what was committed, batch by batch, and again for as long as it is told.
-- reads settings   writes pydb.event; commits each batch   locks the row of the head
-- raises nothing; warns YD007
create or replace procedure pydb.event_run(p_for interval default null)
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
    v_until := clock_timestamp() + coalesce(p_for, pydb_internal.setting_get(p_name => 'event_run_for')::interval);
    loop
        commit;
        set transaction isolation level read committed, read write;
        set local search_path = pg_catalog, pg_temp;
        v_rows := pydb_internal.event_publish_batch();
        continue when v_rows > 0;
        perform pydb_internal.event_watch();
        exit when v_is_last or clock_timestamp() >= v_until;
        commit;
        set local search_path = pg_catalog, pg_temp;
        perform pydb_internal.clock_wait(v_until, '200 ms');
        v_is_last := clock_timestamp() >= v_until;
    end loop;
end
$$;

comment on procedure pydb.event_run(interval) is
'Publishes the events that were committed: gives them their positions, in batches of at most 1000, and rings for those
who listen on channel pydb_event, once a batch. p_for: go on so long, looking five times a second (null: as the setting
event_run_for says; 0: once). It takes away old events too. Any number of publishers may run: one of them works.';

revoke all on procedure pydb.event_run(interval) from public;
