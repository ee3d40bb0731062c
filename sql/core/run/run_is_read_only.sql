-- pydb_internal.run_is_read_only (run): whether nothing can be run here, with a warning that says so.
-- reads nothing   writes nothing   locks nothing
-- raises nothing; warns YD007
create or replace function pydb_internal.run_is_read_only()
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if pg_is_in_recovery() or current_setting('transaction_read_only')::boolean then
        raise warning using errcode = 'YD007', message = 'nothing was run: the server is a standby or read-only',
            hint = 'Run it on the primary.';
        return true;
    end if;
    return false;
end
$$;

comment on function pydb_internal.run_is_read_only() is 'True, with a warning, on a standby or a read-only server.';

revoke all on function pydb_internal.run_is_read_only() from public;
