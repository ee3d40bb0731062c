select baseline, measured, bound, state from pydb.telemetry_status() where name = 'coaching_telemetry';
