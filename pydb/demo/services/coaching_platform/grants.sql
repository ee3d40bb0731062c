grant usage on schema coaching_telemetry to coach_app;
grant insert on all tables in schema coaching_telemetry to coach_app;
