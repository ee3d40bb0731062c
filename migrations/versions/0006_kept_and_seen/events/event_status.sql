-- pydb.event_status: how far the stream is, what waits to be published, and who holds it back.
-- reads pydb_internal.event_head, pydb_internal.event_waiting, pydb.setting, pg_stat_activity, pg_prepared_xacts,
-- pg_locks
-- writes nothing   locks nothing
-- raises nothing
create or replace function pydb.event_status(
    out "position" bigint,
    out oldest bigint,
    out published_at timestamptz,
    out publisher_seen_at timestamptz,
    out waiting bigint,
    out waiting_since timestamptz,
    out held boolean,
    out held_since timestamptz,
    out held_by_pid integer,
    out held_by text,
    out reason_code text,
    out summary text
)
language plpgsql
stable
security definer -- tells who holds the stream back, which a monitor without pg_read_all_stats does not see
set search_path = pg_catalog, pg_temp
as $$
declare
    c_most constant integer := 10000;
    v_now constant timestamptz := clock_timestamp();
    v_xmin constant xid8 := pg_snapshot_xmin(pg_current_snapshot());
    v_head pydb_internal.event_head;
    v_low xid8;
    v_first xid8;
    v_is_full boolean;
    v_whose text := 'a transaction that was open before them';
begin
    select h.* into v_head from pydb_internal.event_head as h;
    "position" := v_head.position;
    oldest := v_head.oldest;
    published_at := v_head.published_at;
    publisher_seen_at := v_head.seen_at;
    v_low := v_head.low;
    if v_low > pg_snapshot_xmax(pg_current_snapshot()) then
        v_low := '0'; -- of another server
    end if;
    select w.xid into v_first from pydb_internal.event_waiting as w where w.xid >= v_low order by w.xid limit 1;
    -- as event_publish counts
    v_is_full := coalesce((
        select pydb_internal.event_is_full(w.id + 1)
        from pydb_internal.event_waiting as w order by w.xid desc, w.id desc limit 1
    ), false);
    select count(*), min(w.created_at) into waiting, waiting_since
    from (
        select e.created_at from pydb_internal.event_waiting as e where e.xid >= v_low order by e.xid limit c_most
    ) as w;
    held := coalesce(v_first >= v_xmin and v_first < pg_snapshot_xmax(pg_current_snapshot()), false)
        and (select s.value::boolean from pydb.setting as s where s.name = 'event_wait');
    if held then
        select o.since, o.pid, o.who into held_since, held_by_pid, held_by from pydb_internal.event_holder() as o;
    elsif v_now - waiting_since >= interval '10 s' then
        v_whose := 'a session that keeps the stream locked';
        select k.since, k.pid, k.who into held_since, held_by_pid, held_by
        from pydb_internal.event_keeper(v_now - interval '10 s') as k;
        held := held_by_pid is not null;
    end if;
    if waiting = 0 or not v_is_full and v_now - waiting_since < interval '10 s' then
        reason_code := 'ok';
        summary := format('the newest event is %s, %s wait to be published', v_head.position, waiting);
    elsif held then
        reason_code := 'held';
        summary := format(
            'events wait since %s for %s: pid %s, %s, open since %s',
            to_char(waiting_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), v_whose,
            coalesce(held_by_pid::text, '-'),
            coalesce(held_by, 'not visible'),
            coalesce(to_char(held_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'), 'not known')
        );
    else
        reason_code := 'no_publisher';
        summary := format(
            'events wait since %s and nobody publishes: pydb events publish, pydb serve, or pydb.event_run by schedule',
            to_char(waiting_since at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"')
        );
    end if;
    if v_is_full then
        reason_code := 'full';
        summary := format('no more events are taken, so many wait (setting event_max_waiting): %s', summary);
    end if;
end
$$;

comment on function pydb.event_status() is
'One row: position of the newest event and of the oldest that is kept; how many wait for a publisher (counted up to
10,000) and since when; whether a transaction that began before them holds them back (setting event_wait): since when it
is open, its process, application, role and database, or its gid; or a session that keeps the end of the stream locked.
reason_code: ok, held or no_publisher, where something has waited for more than 10 seconds; full, where event_publish
refuses more (setting event_max_waiting); summary says it in a sentence.';

revoke all on function pydb.event_status() from public;
