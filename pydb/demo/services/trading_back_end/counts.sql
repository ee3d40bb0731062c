-- What is there and what is due, in plain SQL.
select 'trade_events' as policy, count(*) as rows, count(*) filter (where executed_at < now() - interval '365 days') as due
from trading.trade_event
union all
select 'job_runs', count(*), count(*) filter (where finished_at < now() - interval '60 days')
from trading.job_run
union all
select 'match_runs', count(*), count(*) filter (where started_at < now() - interval '60 days')
from trading.match_run;
