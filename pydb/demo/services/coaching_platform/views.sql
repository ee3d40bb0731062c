-- The quick queries, as the views have them.
select
    (select count(*) from coaching_telemetry.recent_error where "http.route" = '/feed') as errors,
    (select p95_seconds from coaching_telemetry.slowest_route where "http.route" = '/feed') as p95,
    (select maximum_seconds from coaching_telemetry.slowest_route where "http.route" = '/feed') as maximum,
    (select average_seconds from coaching_telemetry.slowest_route where "http.route" = '/feed') as average,
    (select requests from coaching_telemetry.slowest_route where "http.route" = '/feed') as requests,
    (select count(*) from coaching_telemetry.failed_job) as failed,
    (select count(*) from coaching_telemetry.privileged_mutation) as privileged;
