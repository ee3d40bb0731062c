-- pydb_internal.run_check_read_write (settings): refuse to write in a transaction that is read-only, before the
-- server does, which does not say who says so.
-- reads pg_settings   writes nothing   locks nothing
-- raises YD007
create or replace function pydb_internal.run_check_read_write()
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_source text;
begin
    if not current_setting('transaction_read_only')::boolean then
        return;
    end if;
    select s.source into v_source from pg_settings as s
    where s.name = 'default_transaction_read_only' and s.setting = 'on';
    raise exception using errcode = 'YD007',
        message = 'nothing was changed: ' || case
            when pg_is_in_recovery() then 'the server is a standby' else 'this transaction is read-only' end,
        detail = case
            when pg_is_in_recovery() then 'A standby takes no changes.'
            when v_source is null then 'It was begun so.'
            when v_source in ('client', 'interactive', 'session')
                then 'This session has asked for read-only transactions.'
            else format('It is the default of the %s (default_transaction_read_only).', case v_source
                when 'database' then 'database' when 'user' then 'role'
                when 'database user' then 'role in this database' else 'server' end)
        end,
        hint = case
            when pg_is_in_recovery() then 'Run it on the primary.'
            when v_source is null then 'rollback; begin read write; -- and call it again'
            else 'set default_transaction_read_only = off; -- outside of a transaction; and call it again'
        end;
end
$$;

comment on function pydb_internal.run_check_read_write() is
'Raises YD007 where the transaction is read-only, with who says so and what to type. A procedure says read write itself
(run_is_read_only); a function cannot, for its transaction has begun.';

revoke all on function pydb_internal.run_check_read_write() from public;
