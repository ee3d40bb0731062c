select name, request_table::text, audit_table::text, job_table::text from pydb.telemetry_create('coaching_telemetry');
