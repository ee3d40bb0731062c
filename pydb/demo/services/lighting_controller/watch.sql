-- The scheduler's row and the newest run of each policy.
select
    (select r.state from pydb.job_run as r where r.subject = %(policy)s order by r.id desc limit 1) as state,
    (select r.rows_done from pydb.job_run as r where r.subject = %(policy)s order by r.id desc limit 1) as rows_done,
    s.heartbeat_at, s.stopped_at, s.running, extract(epoch from clock_timestamp() - s.heartbeat_at)::float8 as age
from (values (1)) as one (n)
left join pydb.scheduler as s on s.id = %(scheduler)s::uuid;
