-- What pg_cron itself says.
select schedule, command from cron.job where command like '%retention_run%' and active order by schedule;
