-- pydb_internal.telemetry_store (make; by telemetry_create): note a schema with telemetry, or what changed about it.
-- writes pydb.telemetry, pydb.audit_log   locks the row
-- raises what the constraints of the table raise
create or replace function pydb_internal.telemetry_store(p_telemetry pydb.telemetry)
returns pydb.telemetry
language plpgsql
security definer -- the table itself is writable to nobody else; EXECUTE is the right, and its tables are only looked at
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.telemetry;
    v_new pydb.telemetry := p_telemetry;
begin
    select t.* into v_old from pydb.telemetry as t where t.name = v_new.name for update;
    v_new.author := coalesce(v_old.author, session_user::text);
    v_new.created_at := coalesce(v_old.created_at, now());
    v_new.updated_at := v_old.updated_at;
    if v_new is not distinct from v_old then
        return v_old;
    end if;
    v_new.updated_at := now();
    insert into pydb.telemetry select v_new.*
    on conflict on constraint telemetry_pkey do update set
        request_table = excluded.request_table, audit_table = excluded.audit_table, job_table = excluded.job_table,
        baseline_window = excluded.baseline_window, max_error_share = excluded.max_error_share,
        max_p95 = excluded.max_p95, max_failed_share = excluded.max_failed_share, min_rows = excluded.min_rows,
        schedule = excluded.schedule, updated_at = excluded.updated_at;
    perform pydb_internal.audit_add(
        'telemetry_create', v_new.name, jsonb_build_object('old', to_jsonb(v_old), 'new', to_jsonb(v_new)), null
    );
    return v_new;
end
$$;

comment on function pydb_internal.telemetry_store(pydb.telemetry) is
'Writes the row of a schema with telemetry and enters the change into the audit log; nothing where there is none.';

revoke all on function pydb_internal.telemetry_store(pydb.telemetry) from public;
