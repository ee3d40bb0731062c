select state, count(*) as times, count(distinct job_id) as jobs, count("error.type") as errors
from coaching_telemetry.job_telemetry
group by state;
