-- pydb_internal.event_publish_batch (publish): give the events that were committed their positions, and ring once.
-- reads settings   writes pydb.event, pydb_internal.event_waiting, pydb_internal.event_head, NOTIFY pydb_event
-- locks the row of the head; leaves it to the other if it is locked
-- raises nothing
create or replace function pydb_internal.event_publish_batch(p_limit integer default 1000)
returns bigint
language plpgsql
security definer -- asks nothing of its caller but how many at most; nobody else may write the stream
set search_path = pg_catalog, pg_temp
as $$
declare
    v_limit constant integer := least(greatest(p_limit, 1), 10000);
    v_waits constant boolean := pydb_internal.setting_get(p_name => 'event_wait')::boolean;
    -- Taken first. All transactions before it have ended, so what they wrote is seen by every later look of this
    -- routine; and those at or above it began to write later than all of them.
    v_xmin constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_low xid8;
    v_last xid8;
    v_head pydb_internal.event_head;
    v_rows bigint;
    v_last_id bigint;
begin
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
        return 0;
    end if;
    select h.low into v_low from pydb_internal.event_head as h;
    if v_low > pg_snapshot_xmax(pg_current_snapshot()) then
        v_low := '0'; -- of another server: the database was dumped and restored
    end if;
    perform 1 from pydb_internal.event_waiting as w
    where w.xid >= v_low
        and (not v_waits or w.xid < v_xmin or w.xid >= pg_snapshot_xmax(pg_current_snapshot()))
    limit 1;
    if not found then
        return 0; -- nothing is locked, nothing is written
    end if;
    select h.* into v_head from pydb_internal.event_head as h for update skip locked;
    if not found then
        return null;
    end if;
    -- a transaction that is left open after this would keep all others from publishing
    if current_setting('idle_in_transaction_session_timeout') = '0' then
        perform set_config('idle_in_transaction_session_timeout', '10s', true);
    end if;
    with taken as (
        delete from pydb_internal.event_waiting as w
        where w.ctid = any(array(
            select e.ctid
            from pydb_internal.event_waiting as e
            where e.xid >= v_low
                -- what is seen and comes after all that is known here was restored from another server
                and (not v_waits or e.xid < v_xmin or e.xid >= pg_snapshot_xmax(pg_current_snapshot()))
            order by e.xid, e.id
            limit v_limit
        ))
        returning w.xid, w.id, w.topic, w.workspace, w.payload, w.created_at, w.author
    ), added as (
        insert into pydb.event ("position", id, topic, workspace, payload, created_at, published_at, author)
        select
            v_head.position + row_number() over (order by t.xid, t.id), t.id, t.topic, t.workspace, t.payload,
            t.created_at, clock_timestamp(), t.author
        from taken as t
    )
    select count(*), (array_agg(t.xid order by t.xid desc))[1], max(t.id) into v_rows, v_last, v_last_id
    from taken as t;
    if v_rows > 0 then
        update pydb_internal.event_head as h
        set "position" = v_head.position + v_rows, published_at = clock_timestamp(),
            last_id = greatest(v_head.last_id, v_last_id),
            low = case when v_rows < v_limit then v_xmin else least(v_xmin, v_last) end
        where h.is_only;
        perform pg_notify('pydb_event', '');
    end if;
    return v_rows;
end
$$;

comment on function pydb_internal.event_publish_batch(integer) is
'Publishes up to p_limit events and returns how many; null = another publisher is at it. With the setting event_wait
only those of transactions before the oldest that still writes, so that all get the order in which these began to
write; without it whatever is committed. One transaction: killed at any moment, it was done or it was not. One that
has published and is then idle for 10 seconds is ended by the server.';

revoke all on function pydb_internal.event_publish_batch(integer) from public;
