-- pydb_internal.export_pin (export): settle, for this transaction, whatever could make another text of the same value.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.export_pin()
returns void
language plpgsql
as $$ -- no SET clause: it would undo what this function is for
begin
    perform pydb_internal.run_pin();
    perform pg_catalog.set_config('extra_float_digits', '3', true);
    perform pg_catalog.set_config('bytea_output', 'hex', true);
    perform pg_catalog.set_config('lc_monetary', 'C', true);
    perform pg_catalog.set_config('client_encoding', 'UTF8', true);
    perform pg_catalog.set_config('xmloption', 'content', true);
    perform pg_catalog.set_config('quote_all_identifiers', 'off', true);
    -- a file is read as fast as it can be written, and a pool may have bounded statements
    perform pg_catalog.set_config('statement_timeout', '0', true);
    -- the rows of a file are sorted by their key
    perform pg_catalog.set_config('work_mem', '64MB', true);
    perform pg_catalog.set_config('idle_in_transaction_session_timeout', '0', true);
end
$$;

comment on function pydb_internal.export_pin() is
'Pins what run_pin does, and the output of floats, bytea, money and xml, until the end of the transaction: one value,
one text.';

revoke all on function pydb_internal.export_pin() from public;
