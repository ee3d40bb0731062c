-- pydb_internal.application_constraints (application): fire what the statements of this transaction have deferred,
-- constraints and triggers, as the application's own COMMIT would.
-- writes what those triggers write   locks what they lock
-- raises what they raise
create or replace function pydb_internal.application_constraints()
returns void
language plpgsql
as $$ -- no SET clause: whoever calls this has pinned the path, and the triggers get theirs
declare
    v_ours pg_catalog.text[];
begin
    v_ours := pydb_internal.application_enter();
    set constraints /* pydb */ all immediate;
    perform pydb_internal.application_leave(v_ours);
end
$$;

comment on function pydb_internal.application_constraints() is
'SET CONSTRAINTS ALL IMMEDIATE, under the settings of the application.';

revoke all on function pydb_internal.application_constraints() from public;
