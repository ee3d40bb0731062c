-- The policies have been there since the day before yesterday: last night's times are due, and were missed.
update pydb.retention_policy set updated_at = now() - interval '2 days'
where name in ('trade_events', 'job_runs', 'match_runs')
returning name;
