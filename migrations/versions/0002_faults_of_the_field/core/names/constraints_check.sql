-- pydb_internal.constraints_check (names): fire what the statements of this transaction deferred, constraints and
-- triggers, as the application's own COMMIT would.
-- writes what those triggers write   locks what they lock
-- raises what they raise
create or replace function pydb_internal.constraints_check()
returns void
language plpgsql
as $$ -- no SET clause: the path is the application's while its triggers run; whoever calls this pins its own
declare
    v_path constant pg_catalog.text := pg_catalog.current_setting('search_path');
    v_application constant pg_catalog.text := pydb_internal.application_path();
begin
    perform pg_catalog.set_config('search_path', v_application, true);
    set constraints all immediate;
    perform pg_catalog.set_config('search_path', v_path, true);
end
$$;

comment on function pydb_internal.constraints_check() is
'SET CONSTRAINTS ALL IMMEDIATE under the search_path of the application.';

revoke all on function pydb_internal.constraints_check() from public;
