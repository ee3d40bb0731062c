-- Rows of every table of the example, partition by partition. Counted, not estimated.
with event as (
    select r.tableoid as oid, count(*) as rows from telemetry.raw_events as r group by r.tableoid
)

select 'telemetry.host' as relation, count(*) as rows from telemetry.host
union all
select 'telemetry.generation_runs', count(*) from telemetry.generation_runs
union all
select 'telemetry.dataset_score_jobs', count(*) from telemetry.dataset_score_jobs
union all
select 'telemetry.dataset_scores', count(*) from telemetry.dataset_scores
union all
select 'telemetry.host_telemetry_archival', count(*) from telemetry.host_telemetry_archival
union all
select format('%I.%I', n.nspname, c.relname), coalesce(e.rows, 0)
from pg_catalog.pg_inherits as i
inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join event as e on e.oid = c.oid
where i.inhparent = 'telemetry.raw_events'::regclass
union all
select 'telemetry.features', count(*) from telemetry.features
union all
select 'telemetry.alerts', count(*) from telemetry.alerts
union all
select 'trading.instrument', count(*) from trading.instrument
union all
select 'trading.model_runs', count(*) from trading.model_runs
union all
select 'trading.decisions', count(*) from trading.decisions
union all
select 'trading.trade_events', count(*) from trading.trade_events
union all
select 'trading.job_runs', count(*) from trading.job_runs
union all
select 'trading.match_runs', count(*) from trading.match_runs
union all
select 'trading.match_pairs', count(*) from trading.match_pairs
union all
select 'trading.settlements', count(*) from trading.settlements
union all
select 'trading.quotes', count(*) from trading.quotes
union all
select 'trading."Abrechnungsläufe"', count(*) from trading."Abrechnungsläufe"
order by relation;
