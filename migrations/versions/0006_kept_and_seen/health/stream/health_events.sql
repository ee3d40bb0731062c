-- pydb_internal.health_events (stream; by health): does the stream of events go on, and who holds it back.
-- reads what pydb.event_status reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.health_events(p_now timestamptz)
returns pydb_internal.health_said
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- a schedule publishes once a minute, and a long transaction of an application is no fault
    c_patience constant interval := interval '15 min';
    v_status record;
    v_findings jsonb;
begin
    select s.* into v_status from pydb.event_status() as s;
    select jsonb_agg(to_jsonb(f) - 'applies') into v_findings
    from (
        values
        (
            v_status.reason_code = 'held', 'degraded', 'events_held',
            'a transaction that was open before them holds the events back', v_status.summary, 'pydb events status'
        ),
        (
            v_status.reason_code = 'no_publisher', 'degraded', 'events_waiting',
            format('events that nobody publishes: %s', v_status.waiting), v_status.summary,
            'pydb schedule set event_run ''* * * * *'''
        ),
        (
            v_status.reason_code = 'full', 'degraded', 'events_full',
            'more events of applications are refused', v_status.summary, 'pydb events status'
        )
    ) as f (applies, status, reason_code, summary, detail, hint)
    where f.applies and (f.reason_code = 'events_full' or v_status.waiting_since < p_now - c_patience);
    return pydb_internal.health_say(
        jsonb_strip_nulls(jsonb_build_object(
            'position', v_status.position, 'waiting', v_status.waiting, 'waiting_seconds',
            round(extract(epoch from greatest(p_now - v_status.waiting_since, '0')))
        )), v_findings, format('published up to %s, %s wait', v_status.position, v_status.waiting)
    );
end
$$;

comment on function pydb_internal.health_events(timestamptz) is
'Component events: degraded where events have waited for 15 minutes, for a transaction that holds them back or because
nobody publishes; at once where so many wait that more are refused. Where nobody uses the stream it is well.';

revoke all on function pydb_internal.health_events(timestamptz) from public;
