-- the effect that must take place once: a run to tune the model, with the next free number
insert into trading.model_runs (id, dataset_id, model, metrics, started_at)
select (select max(m.id) + 1 from trading.model_runs as m), min(g.id), 'tuned', '{}', now()
from telemetry.generation_runs as g
returning id
