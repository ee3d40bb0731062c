-- pydb_internal.run_pin (run): settle what a hostile or odd role or database setting could change, for this transaction
-- only.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.run_pin()
returns void
language plpgsql
as $$ -- no SET clause: it would undo what this function is for
begin
    -- in one statement: each is parsed and planned anew in every session
    perform pg_catalog.set_config('search_path', 'pg_catalog, pg_temp', true),
        pg_catalog.set_config('timezone', 'UTC', true),
        pg_catalog.set_config('datestyle', 'ISO, YMD', true),
        pg_catalog.set_config('intervalstyle', 'postgres', true),
        pg_catalog.set_config('row_security', 'off', true),
        pg_catalog.set_config('jit', 'off', true),
        -- for the look at the setting alone
        pg_catalog.set_config('lock_timeout', '5s', true);
    -- from 17 on: a batch ends by its own target, and to be cut off in the middle would end the session
    if pg_catalog.current_setting('transaction_timeout', true) is not null then
        perform pg_catalog.set_config('transaction_timeout', '0', true);
    end if;
    perform pg_catalog.set_config(
        'lock_timeout',
            (extract(epoch from pydb_internal.setting_get(p_name => 'lock_timeout')::interval) * 1000)::int8::text, true
    );
end
$$;

comment on function pydb_internal.run_pin() is
'Pins search_path, TimeZone, DateStyle, IntervalStyle, row_security, jit, transaction_timeout and lock_timeout
until the end of the transaction. A procedure that commits calls it again after each COMMIT.';

revoke all on function pydb_internal.run_pin() from public;
