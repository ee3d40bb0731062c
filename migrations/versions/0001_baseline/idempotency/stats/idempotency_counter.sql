-- pydb_internal.idempotency_counter (stats; by idempotency_stats): how often an event was counted; null on a standby,
-- which has no unlogged sequences.
-- reads a sequence   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.idempotency_counter(p_event text)
returns bigint
language sql
set search_path = pg_catalog, pg_temp
as $$
    select case when not pg_is_in_recovery()
        then coalesce(pg_sequence_last_value(('pydb.idempotency_' || p_event)::regclass), 0)
    end;
$$;

comment on function pydb_internal.idempotency_counter(text) is
'Value of the counter takeovers, superseded or mismatches since the last crash of the server.';

revoke all on function pydb_internal.idempotency_counter(text) from public;
