-- pydb_internal.run_is_read_only (run): whether nothing can be run here, with a warning that says so.
-- reads pg_settings   writes nothing   locks nothing
-- raises nothing; warns YD007
create or replace function pydb_internal.run_is_read_only()
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_is_standby constant boolean := pg_is_in_recovery();
begin
    if not v_is_standby and not current_setting('transaction_read_only')::boolean then
        return false;
    elsif not v_is_standby and exists (
        -- only the default of the database, the role or the server: not what this session has asked for
        select from pg_settings as s
        where s.name = 'default_transaction_read_only' and s.setting = 'on'
            and s.source not in ('client', 'interactive', 'session')
    ) then
        return false;
    end if;
    raise warning using errcode = 'YD007', message = 'nothing was run: the server is a standby or read-only',
        detail = case
            when v_is_standby then 'The server is a standby.'
            else 'This session has asked for read-only transactions.'
        end,
        hint = case
            when v_is_standby then 'Run it on the primary.'
            else 'set default_transaction_read_only = off;'
        end;
    return true;
end
$$;

comment on function pydb_internal.run_is_read_only() is
'True, with a warning, on a standby and in a session that has asked for read-only transactions. Where only the default
of the database, the role or the server says so, a run says read write for each of its transactions.';

revoke all on function pydb_internal.run_is_read_only() from public;
