-- pydb_internal.telemetry_statements (make; by telemetry_create): one of the tables of a schema, as statements.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.telemetry_statements(p_schema name, p_table text)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select case p_table
        when 'request_telemetry' then pydb_internal.telemetry_request_statements(p_schema)
        when 'audit_event' then pydb_internal.telemetry_audit_statements(p_schema)
        when 'job_telemetry' then pydb_internal.telemetry_job_statements(p_schema)
    end
$$;

comment on function pydb_internal.telemetry_statements(name, text) is
'CREATE and COMMENT for request_telemetry, audit_event or job_telemetry in a schema; null for any other name.';

revoke all on function pydb_internal.telemetry_statements(name, text) from public;
