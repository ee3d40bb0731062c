-- pydb_internal.idempotency_survey (stats; by idempotency_stats): count the keys by what can be said of them now, all
-- or those on a share of the pages.
-- reads pydb.idempotency_key   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.idempotency_survey(
    p_now timestamptz,
    p_percent float8,
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
    out oldest_held_at timestamptz
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
begin
    -- by EXECUTE, so that parallel workers may help with the whole table
    execute format(
        'select
            count(*),
            count(*) filter (where k.state = ''pending'' and l.live),
            count(*) filter (where k.state = ''pending'' and not l.live and not k.hold),
            count(*) filter (where k.state = ''pending'' and not l.live and k.hold),
            count(*) filter (where k.state = ''completed''),
            count(*) filter (where k.state = ''failed'' and k.retryable),
            count(*) filter (where k.state = ''failed'' and not k.retryable),
            count(*) filter (where k.expires_at < $1 and (k.state <> ''pending'' or not k.hold and not l.live)),
            min(k.claimed_at) filter (where k.state = ''pending'' and l.live),
            min(l.until) filter (where k.state = ''pending'' and not l.live and not k.hold),
            min(l.until) filter (where k.state = ''pending'' and not l.live and k.hold)
        from pydb.idempotency_key as k %s
        cross join lateral (
            select coalesce(k.lease_until, k.expires_at) as until, $1 < coalesce(k.lease_until, k.expires_at) as live
        ) as l',
        case when p_percent < 100 then format('tablesample system (%s)', p_percent) end
    ) into keys, pending, stale, held, completed, failed_retryable, failed, expired, oldest_pending_at,
        oldest_stale_at, oldest_held_at using p_now;
end
$$;

comment on function pydb_internal.idempotency_survey(timestamptz, float8) is
'Counts as of pydb.idempotency_stats, of a random p_percent of the table''s pages; 100 = all of them.';

revoke all on function pydb_internal.idempotency_survey(timestamptz, float8) from public;
