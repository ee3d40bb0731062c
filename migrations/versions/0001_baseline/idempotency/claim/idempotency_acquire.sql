-- pydb_internal.idempotency_acquire (claim; by idempotency_meet): enter a key, change its hands, or close it, if it is
-- still as it was seen.
-- reads and writes pydb.idempotency_key, pydb_internal.idempotency_held   locks the key's row; waits, at most
-- lock_timeout
-- raises nothing
create or replace function pydb_internal.idempotency_acquire(
    p_seen pydb.idempotency_key,
    p_how text,
    p_scope text,
    p_key text,
    p_fingerprint bytea,
    p_lease interval,
    p_ttl interval,
    p_hold boolean,
    p_max_attempts integer,
    p_owner text
)
returns pydb.idempotency_key
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_expires constant timestamptz
        := v_now + coalesce(p_ttl, (select l.life from pydb_internal.idempotency_life as l));
    v_row pydb.idempotency_key;
begin
    if p_how = 'absent' then
        insert into pydb.idempotency_key as k (
            token, claimed_at, lease_until, expires_at, max_attempts, hold, scope, key, fingerprint, owner
        )
        values (
            default, v_now, v_now + p_lease, v_expires, p_max_attempts, p_hold,
            p_scope, p_key, p_fingerprint, p_owner
        )
        on conflict (scope, key) do nothing
        returning k.* into v_row;
    elsif p_how = 'poisoned' then
        update pydb.idempotency_key as k
        set state = 'failed', retryable = false, finished_at = v_now,
            error = jsonb_build_object('poisoned', true, 'attempts', k.attempt, 'previous', k.error)
        where k.scope = p_scope and k.key = p_key and k.token = p_seen.token and k.state = p_seen.state
            and k.lease_until is not distinct from p_seen.lease_until
        returning k.* into v_row;
    elsif p_how = 'fresh' then
        update pydb.idempotency_key as k
        set token = default, claimed_at = v_now, lease_until = v_now + p_lease,
            expires_at = v_expires, finished_at = null, attempt = 1, max_attempts = p_max_attempts, code = null,
            state = 'pending', retryable = null, hold = p_hold, fingerprint = p_fingerprint, owner = p_owner,
            result = null, error = null
        where k.scope = p_scope and k.key = p_key and k.token = p_seen.token and k.state = p_seen.state
            and k.lease_until is not distinct from p_seen.lease_until
        returning k.* into v_row;
    else
        update pydb.idempotency_key as k
        set token = default, claimed_at = v_now, lease_until = v_now + p_lease,
            finished_at = null, attempt = k.attempt + 1, max_attempts = coalesce(p_max_attempts, k.max_attempts),
            code = null, state = 'pending', retryable = null, hold = p_hold,
            fingerprint = coalesce(k.fingerprint, p_fingerprint), owner = p_owner, result = null
        where k.scope = p_scope and k.key = p_key and k.token = p_seen.token and k.state = p_seen.state
            and k.lease_until is not distinct from p_seen.lease_until
        returning k.* into v_row;
        if v_row.token is not null and p_how = 'takeover' then
            perform pydb_internal.idempotency_count(p_event => 'takeovers');
        end if;
    end if;
    if p_hold and v_row.state = 'pending' then
        insert into pydb_internal.idempotency_held (scope, key) values (p_scope, p_key)
            on conflict (scope, key) do nothing;
    end if;
    if v_row.token is not null and p_how <> 'poisoned' then
        return pydb_internal.idempotency_shift(p_scope, p_key, v_row.token, v_now);
    end if;
    return v_row;
exception when lock_not_available then
    v_row.token := 0;
    return v_row;
end
$$;

comment on function pydb_internal.idempotency_acquire(
    pydb.idempotency_key, text, text, text, bytea, interval, interval, boolean, integer, text
) is
'A key that was absent, fresh, retry, takeover or poisoned for who looked, as it is now; token null: it changed
meanwhile; 0: lock_timeout ended the wait for another transaction.';

revoke all on function pydb_internal.idempotency_acquire(
    pydb.idempotency_key, text, text, text, bytea, interval, interval, boolean, integer, text
) from public;
