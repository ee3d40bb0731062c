-- pydb.telemetry_run: make the partitions that come next; what the schedule calls.
-- reads pydb.telemetry, pydb.retention_policy, the catalog   writes nothing   locks the default partitions for a moment
-- raises YD002 YD040; warns YD007
create or replace procedure pydb.telemetry_run(p_name text, p_now timestamptz default null)
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    v_telemetry pydb.telemetry;
    v_table regclass;
begin
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_telemetry := pydb_internal.telemetry_get(p_name);
    foreach v_table in array array[v_telemetry.request_table, v_telemetry.audit_table, v_telemetry.job_table] loop
        perform pydb_internal.telemetry_extend(v_table, (
            select pydb_internal.telemetry_unit(max(p.keep))
            from pydb.retention_policy as p
            where p.target = v_table and p.action = 'drop_partition'
        ), v_now);
    end loop;
end
$$;

comment on procedure pydb.telemetry_run(text, timestamptz) is
'Makes the partitions of a schema with telemetry until telemetry_ahead from now; those that are there stay. Who calls
it owns the tables, or is a member of the role that does. Scheduled by telemetry_create; the writer in Python calls it
where it may.';

revoke all on procedure pydb.telemetry_run(text, timestamptz) from public;
