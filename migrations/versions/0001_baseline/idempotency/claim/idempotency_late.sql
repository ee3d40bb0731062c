-- pydb_internal.idempotency_late (claim): what to tell a worker whose token no pending key has any more.
-- reads pydb.idempotency_key   writes nothing   locks nothing in read committed
-- raises nothing
create or replace function pydb_internal.idempotency_late(
    p_scope text,
    p_key text,
    p_token bigint,
    p_outcome pydb.idempotency_key
)
returns pydb.idempotency_answer
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_outcome text;
    v_row pydb.idempotency_key;
begin
    select k.* into v_row from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key;
    if v_row.token < p_token and current_setting('transaction_isolation') in ('repeatable read', 'serializable') then
        -- a snapshot older than the token cannot tell whose key it is: the server ends it with 40001
        perform from pydb.idempotency_key as k where k.scope = p_scope and k.key = p_key for update;
    end if;
    v_outcome := case
        when v_row.token is null then 'gone'
        when v_row.state = 'pending' then 'superseded'
        when v_row.token is distinct from p_token then 'superseded_done'
        when (v_row.state, v_row.code, v_row.result, v_row.error, v_row.retryable)
            is not distinct from (
                p_outcome.state, p_outcome.code, p_outcome.result, p_outcome.error, p_outcome.retryable
            ) then 'ok_again'
        else 'conflict'
    end;
    if v_outcome in ('superseded', 'superseded_done') then
        perform pydb_internal.idempotency_count(p_event => 'superseded');
    end if;
    return pydb_internal.idempotency_answer_row(v_outcome, v_row, null);
end
$$;

comment on function pydb_internal.idempotency_late(text, text, bigint, pydb.idempotency_key) is
'ok_again (the same outcome is recorded under this token), conflict (another one is; the first stands), superseded
(somebody else works on the key), superseded_done (somebody else finished it) or gone, with the recorded outcome.';

revoke all on function pydb_internal.idempotency_late(text, text, bigint, pydb.idempotency_key) from public;
