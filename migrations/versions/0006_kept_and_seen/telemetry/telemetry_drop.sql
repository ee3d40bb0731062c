-- pydb.telemetry_drop: forget a schema with telemetry: its policies and its job; the tables stay.
-- writes pydb.telemetry, pydb.retention_policy, pydb.audit_log   locks the row
-- raises YD002 YD007
create or replace function pydb.telemetry_drop(p_name text)
returns pydb.telemetry
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_old pydb.telemetry;
    v_policy text;
begin
    perform pydb_internal.run_check_read_write();
    v_old := pydb_internal.telemetry_get(p_name);
    for v_policy in
        select p.name
        from pydb.retention_policy as p
        where p.target in (v_old.request_table, v_old.audit_table, v_old.job_table)
            and p.name in (p_name || '.request_telemetry', p_name || '.audit_event', p_name || '.job_telemetry')
    loop
        perform pydb.retention_policy_drop(v_policy);
    end loop;
    perform pydb_internal.telemetry_forget(p_name);
    return v_old;
end
$$;

comment on function pydb.telemetry_drop(text) is
'Drops the three policies of a schema with telemetry, its job and its baselines, and returns its last state. The tables,
their rows and their views stay: they are the application''s.';

revoke all on function pydb.telemetry_drop(text) from public;
