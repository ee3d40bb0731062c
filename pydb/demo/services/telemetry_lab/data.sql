-- Arithmetic instead of random(): the same rows on every server. %(rows)s is the number of training rows; the six
-- tables have about as many again.
with size as (
    select
        greatest(20, %(rows)s::bigint / 5000) as sets,
        greatest(2000, %(rows)s::bigint) as rows,
        timestamptz '2026-01-01 00:00+00' as begun
),

dataset as (
    insert into lab.dataset (id, name, created_at)
    select d, format('telemetry-%%s', lpad(d::text, 5, '0')), begun + d * interval '1 hour'
    from size, generate_series(1, sets) as d
),

host as (
    insert into lab.host (id, dataset_id, hostname)
    select h, 1 + h %% sets, format('node-%%s', h) from size, generate_series(1, sets * 4) as h
),

series as (
    insert into lab.metric_series (id, host_id, metric)
    select s, 1 + s %% (sets * 4), (array['cpu', 'memory', 'disk', 'load'])[1 + s %% 4]
    from size, generate_series(1, sets * 40) as s
),

sample as (
    insert into lab.sample (id, series_id, at, value)
    select i, 1 + i %% (sets * 40), begun + i * interval '1 second', i * 7919 %% 10007 / 100.0
    from size, generate_series(1, rows * 2 / 5) as i
),

job as (
    insert into lab.score_job (id, dataset_id, state)
    select j, 1 + j %% sets, 'completed' from size, generate_series(1, sets * 25) as j
),

score as (
    insert into lab.score (id, dataset_id, score_job_id, metric, score)
    select
        i, 1 + i %% sets, 1 + i %% (sets * 25), (array['recall', 'precision', 'drift', 'f1'])[1 + i %% 4],
        i * 104729 %% 1000003 / 1000003.0
    from size, generate_series(1, rows / 5) as i
),

alert as (
    insert into lab.alert (id, dataset_id, message)
    select a, 1 + a %% sets, format('%%s is late', a) from size, generate_series(1, sets * 5) as a
),

training as (
    insert into lab.training (id, dataset_id, cpu, memory, latency)
    select i, 1 + i %% sets, i * 31 %% 1009 / 10.09, i * 17 %% 997 / 9.97, i * 13 %% 5003 / 1000.0
    from size, generate_series(1, rows) as i
)

select rows from size;
