-- pydb_internal.telemetry_forget (make; by telemetry_drop): delete the row of a schema with telemetry.
-- writes pydb.telemetry, pydb.audit_log   locks the row
-- raises nothing
create or replace function pydb_internal.telemetry_forget(p_name text)
returns void
language plpgsql
security definer -- the table itself is writable to nobody else; EXECUTE is the right
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.telemetry;
begin
    delete from pydb.telemetry as t where t.name = p_name returning t.* into v_old;
    if found then
        perform pydb_internal.audit_add('telemetry_drop', p_name, jsonb_build_object('old', to_jsonb(v_old)), null);
    end if;
end
$$;

comment on function pydb_internal.telemetry_forget(text) is
'Deletes a row of pydb.telemetry and enters that into the audit log.';

revoke all on function pydb_internal.telemetry_forget(text) from public;
