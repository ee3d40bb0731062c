-- pydb.idempotency_resolve: an operator says what became of a key whose worker cannot; audited.
-- reads and writes pydb.idempotency_key, pydb_internal.idempotency_held   writes pydb.audit_log   locks the key's row
-- raises YD007 YD201
create or replace function pydb.idempotency_resolve(
    p_scope text,
    p_key text,
    p_as text,
    p_result jsonb default null,
    p_code integer default null,
    p_error jsonb default null,
    p_force boolean default false,
    p_reason text default null
)
returns pydb.idempotency_answer
language plpgsql
security definer -- the table is writable to nobody; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_answer pydb.idempotency_answer;
    v_now timestamptz;
    v_outcome text;
    v_row pydb.idempotency_key;
begin
    perform pydb_internal.run_check_read_write();
    perform pydb_internal.idempotency_check(p_scope, p_key, null, null, 'takeover', null);
    if p_as is null or p_as not in ('completed', 'failed', 'retry') then
        raise exception using errcode = 'YD201', message = format('a key cannot be resolved as %L', p_as),
            detail = 'completed: it replays p_result; failed: it replays p_error; retry: the next claim acquires it.',
            hint = format('select * from pydb.idempotency_resolve(%L, %L, ''completed'', ''{}'');', p_scope, p_key);
    end if;
    perform pydb_internal.idempotency_check_size(p_result);
    perform pydb_internal.idempotency_check_size(p_error);
    select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key for update;
    v_now := clock_timestamp();
    v_outcome := case
        when v_row.token is null then 'gone'
        when v_row.state <> 'pending' then 'conflict'
        when v_now < coalesce(v_row.lease_until, v_row.expires_at) and p_force is not true then 'in_progress'
        else 'ok'
    end;
    if v_outcome = 'ok' then
        update pydb.idempotency_key as k
        set token = default, finished_at = v_now, code = p_code,
            state = case p_as when 'completed' then 'completed' else 'failed' end::pydb.idempotency_state,
            retryable = case when p_as <> 'completed' then p_as = 'retry' end,
            result = case p_as when 'completed' then p_result end,
            error = case when p_as <> 'completed' then coalesce(p_error, 'null') end,
            max_attempts = case when p_as = 'retry' and k.max_attempts <= k.attempt then k.attempt + 1
                else k.max_attempts end,
            -- the answer must outlive the decision, however long the key was held
            expires_at = greatest(k.expires_at, v_now + (select l.life from pydb_internal.idempotency_life as l))
        where k.scope = p_scope and k.key = p_key
        returning k.* into v_row;
        delete from pydb_internal.idempotency_held as h where h.scope = p_scope and h.key = p_key;
        perform pydb_internal.audit_add('idempotency_resolve', p_scope || '/' || p_key, jsonb_build_object(
            'scope', p_scope, 'key', p_key, 'as', p_as, 'code', p_code, 'forced', p_force, 'reason', p_reason
        ), null);
    end if;
    v_answer := pydb_internal.idempotency_answer_row(v_outcome, v_row, v_now);
    v_answer.token := v_row.token;
    return v_answer;
end
$$;

comment on function pydb.idempotency_resolve(text, text, text, jsonb, integer, jsonb, boolean, text) is
'Ends a key that is held (ambiguous) or stale: p_as completed (replays p_result, p_code), failed (replays p_error,
p_code) or retry (the next claim acquires it, beyond max_attempts if need be). The key gets a new token, so a worker
that comes back is superseded.
outcome: ok, in_progress (its lease runs; p_force does it all the same), conflict (it is finished; the recorded outcome
is returned), gone. Audited, without the result. The key lives on for at least setting idempotency_ttl.';

revoke all on function pydb.idempotency_resolve(text, text, text, jsonb, integer, jsonb, boolean, text) from public;
