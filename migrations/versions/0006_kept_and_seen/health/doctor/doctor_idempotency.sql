-- pydb_internal.doctor_idempotency (doctor): do claims wait for an operator, are expired keys pruned, are
-- tokens handed out in order.
-- reads pydb.idempotency_stats, pg_sequence   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.doctor_idempotency()
returns table (component text, status text, reason_code text, summary text, detail text, hint text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_cache constant bigint := (
        select s.seqcache from pg_sequence as s where s.seqrelid = to_regclass('pydb.idempotency_token')
    );
    v_stats record;
    v_bad boolean;
begin
    select s.* into v_stats from pydb.idempotency_stats() as s;
    return query
    select 'idempotency', k.status, k.reason, k.what, k.said, k.hint
    from (
        values
        (
            v_cache <> 1, 'error', 'token_cache', 'fencing tokens are not handed out in order',
            format('sequence pydb.idempotency_token has cache %s', v_cache),
            'alter sequence pydb.idempotency_token cache 1; then let all sessions connect anew'
        ),
        (
            v_stats.held > 0, 'degraded', 'held', format('keys that wait for an operator: %s', v_stats.held),
            format('the oldest since %s', to_char(
                v_stats.oldest_held_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'
            )),
            'pydb idempotency show --status held; then: pydb idempotency resolve SCOPE KEY --as completed'
        ),
        (
            v_stats.oldest_expired_at < clock_timestamp() - interval '1 day', 'degraded', 'not_pruned',
            format('expired keys that nothing prunes: %s', v_stats.expired),
            format('the oldest expired at %s', to_char(
                v_stats.oldest_expired_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS"Z"'
            )),
            'pydb idempotency prune; for ever: pydb schedule sync, or keep this running: pydb schedule run'
        )
    ) as k (applies, status, reason, what, said, hint)
    where k.applies;
    v_bad := found;
    if not v_bad and v_stats.keys > 0 then
        return query select
            'idempotency', 'ok', 'in_order',
            format('%s%s keys', case when not v_stats.exact then 'about ' end, v_stats.keys), null::text, null::text;
    end if;
end
$$;

comment on function pydb_internal.doctor_idempotency() is
'Rows of pydb.doctor about claims: held keys, expired ones that stay, the sequence of tokens. None where no key is.';

revoke all on function pydb_internal.doctor_idempotency() from public;
