-- pydb_internal.health_watch (stream; for pydb/events/publisher.py): write an event for each component that is not as
-- it was when it was last looked at.
-- reads what health reads   writes pydb_internal.event_told, pydb_internal.event_waiting   locks the rows of those
-- raises nothing
create or replace function pydb_internal.health_watch()
returns bigint
language plpgsql
security definer -- asks nothing of its caller; writes only what health says
set search_path = pg_catalog, pg_temp
as $$
declare
    v_rows bigint;
begin
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
        return 0::bigint;
    end if;
    select count(*) filter (where t.is_told) into v_rows
    from (
        select pydb_internal.event_tell(
            'health', h.component, h.status, jsonb_build_object('reason_code', h.reason_code)
        ) as is_told
        from pydb.health() as h
        order by h.component
    ) as t;
    return v_rows;
end
$$;

comment on function pydb_internal.health_watch() is
'Writes an event of topic health for each component whose status is another than the one that was told last: subject,
state, was, reason_code. Returns how many. Publishers call it once a minute.';

revoke all on function pydb_internal.health_watch() from public;
