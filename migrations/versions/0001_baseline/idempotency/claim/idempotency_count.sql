-- pydb_internal.idempotency_count (claim): count an event that changes no row, without WAL and without a transaction
-- number.
-- writes a sequence   locks nothing
-- raises nothing
create or replace function pydb_internal.idempotency_count(p_event text)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if current_setting('transaction_read_only') = 'off' then
        perform nextval(('pydb.idempotency_' || p_event)::regclass);
    end if;
end
$$;

comment on function pydb_internal.idempotency_count(text) is
'Adds one to the counter takeovers, superseded or mismatches; not in a read-only transaction.';

revoke all on function pydb_internal.idempotency_count(text) from public;
