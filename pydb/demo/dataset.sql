-- What hangs on one data set, in plain SQL written by hand, apart from pydb's own code: the second opinion on a cascade.
-- One row a table: rows that go with the data set, and rows of others that lose their reference to what goes.
with score_job as (
    select j.id from telemetry.dataset_score_jobs as j where j.dataset_id = %(id)s::bigint
),

score as (
    select s.id from telemetry.dataset_scores as s where s.dataset_id = %(id)s::bigint
),

model_run as (
    select m.id from trading.model_runs as m where m.dataset_id = %(id)s::bigint
),

decision as (
    select d.id from trading.decisions as d inner join model_run as m on m.id = d.model_run_id
)

select 'telemetry.generation_runs' as relation, count(*) as deleted, 0::bigint as updated
from telemetry.generation_runs as g where g.id = %(id)s::bigint
union all
select 'telemetry.dataset_score_jobs', (select count(*) from score_job), 0
union all
select
    'telemetry.dataset_scores', (select count(*) from score),
    (
        select count(*) from telemetry.dataset_scores as s
        inner join score_job as j on j.id = s.score_job_id
        where s.dataset_id <> %(id)s::bigint
    )
union all
select 'telemetry.host_telemetry_archival', count(*), 0
from telemetry.host_telemetry_archival as h where h.dataset_id = %(id)s::bigint
union all
select
    'telemetry.alerts', count(*) filter (where a.dataset_id = %(id)s::bigint),
    count(*) filter (where a.dataset_id is distinct from %(id)s::bigint and s.id is not null)
from telemetry.alerts as a left join score as s on s.id = a.score_id
union all
select 'trading.model_runs', (select count(*) from model_run), 0
union all
select 'trading.decisions', (select count(*) from decision), 0
union all
select 'trading.trade_events', 0, count(*)
from trading.trade_events as t inner join decision as d on d.id = t.decision_id
order by relation;
