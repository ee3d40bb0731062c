-- pydb_internal.idempotency_fence (claim; by idempotency_complete): end the transaction of a worker that does not hold
-- its key any more.
-- reads nothing   writes nothing   locks nothing
-- raises YD203
create or replace function pydb_internal.idempotency_fence(p_scope text, p_key text, p_token bigint, p_outcome text)
returns void
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
begin
    raise exception using errcode = 'YD203',
        message = format('key %L in scope %L was not completed: %s', p_key, p_scope, p_outcome),
        detail = format('Token %s: ', p_token) || case p_outcome
            when 'ok_again' then 'an earlier transaction with the same result was committed.'
            when 'conflict' then 'another outcome is recorded under this token; the first one stands.'
            when 'superseded' then 'the lease passed and somebody else works on the key.'
            when 'superseded_done' then 'the lease passed and somebody else finished the key.'
            else 'the key is not there any more: it expired, or was reset.'
        end,
        hint = format('Roll back, then: select * from pydb.idempotency_peek(%L, %L);', p_scope, p_key);
end
$$;

comment on function pydb_internal.idempotency_fence(text, text, bigint, text) is
'Raises YD203 for a fenced completion that was anything but ok; ok_again too: its writes are committed already.';

revoke all on function pydb_internal.idempotency_fence(text, text, bigint, text) from public;
