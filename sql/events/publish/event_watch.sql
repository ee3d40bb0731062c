-- pydb_internal.event_watch (publish): what a publisher does once a minute: a sign of life, old events go, and claims
-- that are stuck are told.
-- reads pydb.idempotency_key   writes pydb_internal.event_head, pydb.event, pydb_internal.event_told   locks their rows
-- raises nothing; warns where it ends a session that keeps the stream locked
create or replace function pydb_internal.event_watch(p_now timestamptz default null)
returns boolean
language plpgsql
security definer -- asks nothing of its caller; does what is due, by the server's own clock
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := least(p_now, clock_timestamp());
    v_due boolean;
    v_held bigint;
begin
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
        return false;
    end if;
    select coalesce(h.seen_at < v_now - interval '1 min' or h.seen_at > v_now, true) into v_due
    from pydb_internal.event_head as h;
    if not v_due then
        return false;
    end if;
    perform 1 from pydb_internal.event_head as h for update skip locked;
    if not found then
        perform pydb_internal.event_evict();
        return false;
    end if;
    update pydb_internal.event_head as h set seen_at = v_now where h.is_only;
    perform pydb.event_prune(p_now => v_now);
    select s.held into v_held from pydb.idempotency_stats() as s;
    perform pydb_internal.event_tell(
        'claims', 'held', case when v_held > 0 then 'stuck' else 'ok' end, jsonb_build_object('held', v_held)
    );
    return true;
end
$$;

comment on function pydb_internal.event_watch(timestamptz) is
'At most once a minute, whoever asks: notes that there is a publisher, prunes, and writes an event where claims have
become stuck (an operator must decide) or are so no more. True if it was done. A session that has kept the end of the
stream locked for a minute is ended, where the owner of pydb may do that.';

revoke all on function pydb_internal.event_watch(timestamptz) from public;
