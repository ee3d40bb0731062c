-- pydb.idempotency_stats: counts and ages of the keys, for health and metrics; cheap on a table of any size.
-- reads pydb.idempotency_key, pydb_internal.idempotency_held, counters and statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.idempotency_stats(
    p_exact boolean default false,
    out exact boolean,
    out keys bigint,
    out pending bigint,
    out stale bigint,
    out held bigint,
    out completed bigint,
    out failed_retryable bigint,
    out failed bigint,
    out expired bigint,
    out oldest_pending_at timestamptz,
    out oldest_stale_at timestamptz,
    out oldest_held_at timestamptz,
    out oldest_expired_at timestamptz,
    out takeovers bigint,
    out superseded bigint,
    out mismatches bigint,
    out hot_ratio float8,
    out seen_at timestamptz
)
language plpgsql
stable
security definer -- monitoring counts without a right on the table
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
    c_pages constant float8 := 2048::float8; -- 16 MB: tens of milliseconds
    c_rows constant integer := 10000;
    v_now constant timestamptz := clock_timestamp();
    v_pages constant bigint := pg_relation_size('pydb.idempotency_key') / current_setting('block_size')::bigint;
    v_scale float8 := greatest(v_pages / c_pages, 1::float8);
    v_hold bigint;
    v_held bigint;
    v_expired bigint;
begin
    if p_exact then
        v_scale := 1::float8;
    end if;
    exact := v_scale = 1;
    seen_at := v_now;
    select
        (s.keys * v_scale)::bigint, (s.pending * v_scale)::bigint, (s.stale * v_scale)::bigint,
        (s.held * v_scale)::bigint, (s.completed * v_scale)::bigint, (s.failed_retryable * v_scale)::bigint,
        (s.failed * v_scale)::bigint, (s.expired * v_scale)::bigint, s.oldest_pending_at, s.oldest_stale_at,
        s.oldest_held_at
    into
        keys, pending, stale, held, completed, failed_retryable, failed, expired, oldest_pending_at, oldest_stale_at,
        oldest_held_at
    from pydb_internal.idempotency_survey(v_now, 100 / v_scale) as s;
    -- what an operator is woken up for is few among many, where a sample finds nothing: one by one, up to a bound
    if not exact then
        select count(*), count(k.until), min(k.until) into v_hold, v_held, oldest_held_at
        from (select h.scope, h.key from pydb_internal.idempotency_held as h limit c_rows) as h
        left join lateral (
            select coalesce(i.lease_until, i.expires_at) as until
            from pydb.idempotency_key as i
            where i.scope = h.scope and i.key = h.key
                and i.state = 'pending' and i.hold and coalesce(i.lease_until, i.expires_at) <= v_now
        ) as k on true;
        held := case when v_hold < c_rows then v_held else greatest(held, v_held) end;
    end if;
    select count(*), min(e.expires_at) into v_expired, oldest_expired_at
    from (
        select k.expires_at from pydb.idempotency_key as k
        where k.expires_at < v_now
            and (k.state <> 'pending' or not k.hold and coalesce(k.lease_until, k.expires_at) <= v_now)
        order by k.expires_at
        limit case when exact then 1 else c_rows end
    ) as e;
    if not exact then
        expired := case when v_expired < c_rows then v_expired else greatest(expired, v_expired) end;
    end if;
    takeovers := pydb_internal.idempotency_counter(p_event => 'takeovers');
    superseded := pydb_internal.idempotency_counter(p_event => 'superseded');
    mismatches := pydb_internal.idempotency_counter(p_event => 'mismatches');
    select t.n_tup_hot_upd::float8 / nullif(t.n_tup_upd, 0) into hot_ratio
    from pg_stat_all_tables as t
    where t.relid = 'pydb.idempotency_key'::regclass;
end
$$;

comment on function pydb.idempotency_stats(boolean) is
'One row: keys, which are pending (a lease runs), stale (it passed), held (it passed and an operator must decide),
completed, failed_retryable or failed; expired = of these, waiting for pruning. Ages: oldest claim of a pending key, end
of the oldest lease of a stale and of a held one, expiry of the oldest expired one. Counters since the last crash of the
server; null on a standby. hot_ratio: share of updates that touched no index. Where the table is larger than 16 MB the
counts and the ages of pending and stale keys come from a random sample of its pages (exact = false); expired keys are
counted up to 10,000 all the same, and held ones while at most so many keys are pending with hold. p_exact reads the
whole table.';

revoke all on function pydb.idempotency_stats(boolean) from public;
