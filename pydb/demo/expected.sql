-- What must go and what must stay at a given moment, in plain SQL written by hand, apart from pydb's own code:
-- the second opinion on the dry run. One row a relation: rows that go, rows that a foreign key keeps, rows without a
-- time (null) and rows that never expire (infinity). Days are counted as 24 hours, as in UTC.
with moment as (
    select
        %(now)s::timestamptz as now_at,
        %(now)s::timestamptz - interval '1440 hours' as days_60,
        %(now)s::timestamptz - interval '2160 hours' as days_90,
        %(now)s::timestamptz - interval '4320 hours' as days_180
)

select
    format('%%I.%%I', n.nspname, c.relname) as relation,
    count(*) filter (where e.occurred_at < m.now_at - interval '720 hours') as expired,
    0::bigint as blocked,
    0::bigint as no_time,
    0::bigint as never
from moment as m
cross join pg_catalog.pg_inherits as i
inner join pg_catalog.pg_class as c on c.oid = i.inhrelid
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
left join telemetry.raw_events as e on e.tableoid = c.oid
where i.inhparent = 'telemetry.raw_events'::regclass
group by n.nspname, c.relname
union all
select 'telemetry.features', count(*), 0, 0, 0
from moment as m inner join telemetry.features as f on f.feature_date < (m.days_90 at time zone 'UTC')::date
union all
select 'telemetry.host_telemetry_archival', count(*), 0, 0, 0
from moment as m
inner join telemetry.host_telemetry_archival as h
    on h.sampled_at_ms < floor(extract(epoch from m.days_90) * 1000)::bigint
union all
select 'telemetry.dataset_scores', count(*), 0, 0, 0
from moment as m inner join telemetry.dataset_scores as s on s.scored_at < m.days_90
union all
select
    'telemetry.dataset_score_jobs',
    count(*) filter (where j.finished_at < m.days_90),
    0,
    count(*) filter (where j.finished_at is null),
    0
from moment as m cross join telemetry.dataset_score_jobs as j
union all
select
    'telemetry.generation_runs',
    count(*) filter (where g.finished_at < m.days_180 and not k.referenced),
    count(*) filter (where g.finished_at < m.days_180 and k.referenced),
    count(*) filter (where g.finished_at is null),
    0
from moment as m
cross join telemetry.generation_runs as g
cross join lateral (
    select
        exists (select 1 from telemetry.dataset_scores as s where s.dataset_id = g.id)
        or exists (select 1 from trading.model_runs as r where r.dataset_id = g.id) as referenced
) as k
union all
select 'telemetry.alerts', count(*), 0, 0, 0
from moment as m inner join telemetry.alerts as a on a.raised_at < m.days_90 and a.state = 'resolved'
union all
select 'trading.decisions', count(*), 0, 0, 0
from moment as m inner join trading.decisions as d on d.decided_at < m.days_180
union all
select
    'trading.trade_events',
    count(*) filter (where t.executed_at < m.now_at - interval '8760 hours'),
    0,
    count(*) filter (where t.executed_at is null),
    0
from moment as m cross join trading.trade_events as t
union all
select
    'trading.job_runs',
    count(*) filter (where j.finished_at < m.days_60 at time zone 'UTC'),
    0,
    count(*) filter (where j.finished_at is null),
    0
from moment as m cross join trading.job_runs as j
union all
select
    'trading.match_runs',
    count(*) filter (where s.id is null),
    count(*) filter (where s.id is not null),
    0,
    0
from moment as m
inner join trading.match_runs as r on r.started_at < m.days_60
left join trading.settlements as s on s.match_run_id = r.id
union all
-- no policy of its own: the pairs of a match run go with it, by the foreign key's ON DELETE CASCADE
select 'trading.match_pairs', count(*), 0, 0, 0
from moment as m
inner join trading.match_runs as r on r.started_at < m.days_60
inner join trading.match_pairs as p on p.match_run_id = r.id
where not exists (select 1 from trading.settlements as s where s.match_run_id = r.id)
union all
select
    'trading.quotes',
    count(*) filter (where q.expires_at < m.now_at),
    0,
    0,
    count(*) filter (where q.expires_at = 'infinity')
from moment as m cross join trading.quotes as q
union all
select 'trading."Abrechnungsläufe"', count(*), 0, 0, 0
from moment as m inner join trading."Abrechnungsläufe" as a on a."ErstelltAm" < m.now_at - interval '9600 hours'
order by relation;
