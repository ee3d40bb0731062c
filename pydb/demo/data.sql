-- Rows of the example. Each step begins with a line "-- step: what it loads" and is one statement.
-- Arithmetic instead of random(): the same rows on every server. Sizes are shares of the setting pydb_demo.rows.

-- step: hosts and instruments
with setting as (
    select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(4, current_setting('pydb_demo.rows')::bigint / 4000) as hosts
),

host as (
    insert into telemetry.host (id, hostname, region, labels, registered_at, last_seen_at)
    select
        h,
        format('node-%s.%s', lpad(h::text, 4, '0'), (array['fra', 'iad', 'sin'])[1 + h % 3]),
        (array['eu-central', 'us-east', 'ap-south'])[1 + h % 3]::telemetry.region,
        jsonb_build_object('rack', h % 40, 'role', (array['collector', 'scorer', 'matcher'])[1 + h % 3]),
        setting.now_at - interval '400 days',
        setting.now_at - h % 60 * interval '1 second'
    from setting, generate_series(1, setting.hosts) as h
)

insert into trading.instrument (symbol, currency, tick_size)
select
    symbol,
    (array['EUR', 'USD', 'JPY'])[1 + n % 3],
    0.01
from
    unnest(array['ALPHA', 'BRAVO', 'DELTA', 'GAMMA', 'KAPPA', 'OMEGA', 'SIGMA', 'ZETA'])
    with ordinality as i (symbol, n);

-- step: telemetry.generation_runs
-- one data set every few hours over 300 days; each tenth (2, 12, 22 … 42 …) is a reference set that stays in use
insert into telemetry.generation_runs (
    id, dataset_name, status, rows_generated, parameters, started_at, finished_at
)
select
    g,
    format('%s-%s', (array['latency', 'capacity', 'failures', 'orders'])[1 + g % 4], lpad(g::text, 5, '0')),
    case when g = n then 'running' when g % 17 = 0 then 'failed' else 'completed' end,
    case when g % 17 <> 0 then 10000 + g * 37 end,
    jsonb_build_object('seed', g * 7919 % 100003, 'window', '24h', 'reference', g % 10 = 2),
    t.at,
    case when g < n then t.at + interval '40 minutes' end
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(60, current_setting('pydb_demo.rows')::bigint / 2000) as n) as setting,
    generate_series(1, n) as g,
    lateral (select now_at - interval '300 days' * (1 - g / n::float8) as at) as t;

-- step: telemetry.dataset_score_jobs
-- each third job scores a reference set again, the others a set of the last 30 days; one in 200 was lost
insert into telemetry.dataset_score_jobs (id, dataset_id, host_id, status, queued_at, finished_at)
select
    j,
    case
        when j % 3 = 0 then 10 * (j / 3 % (sets / 10)) + 2
        else greatest(1, least(sets, ceil(sets * (1 - (120 * (1 - j / n::float8) + j * 31 % 30) / 300))))
    end,
    1 + j % hosts,
    case when j = n then 'running' when j % 200 = 7 then 'lost' else 'completed' end,
    t.at,
    case when j < n and j % 200 <> 7 then t.at + interval '1 minute' end
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(60, current_setting('pydb_demo.rows')::bigint / 125) as n,
        greatest(60, current_setting('pydb_demo.rows')::bigint / 2000) as sets,
        greatest(4, current_setting('pydb_demo.rows')::bigint / 4000) as hosts) as setting,
    generate_series(1, n) as j,
    lateral (select now_at - interval '2 minutes' - interval '120 days' * (1 - j / n::float8) as at) as t;

-- step: telemetry.dataset_scores
-- ten scores a job
insert into telemetry.dataset_scores (id, dataset_id, score_job_id, metric, score, detail, scored_at)
select
    (job.id - 1) * 10 + m,
    job.dataset_id,
    case when (job.id * 10 + m) % 50 > 0 then job.id end,
    (array[
        'recall', 'precision', 'f1', 'coverage', 'freshness', 'drift', 'balance', 'duplicates', 'nulls', 'outliers'
    ])[m],
    (job.id * 7919 + m * 104729) % 1000001 / 1000000.0,
    jsonb_build_object('threshold', 0.5 + m / 40.0, 'samples', 1000 + job.id % 97),
    job.queued_at + m * interval '5 seconds'
from telemetry.dataset_score_jobs as job, generate_series(1, 10) as m;

-- step: telemetry.host_telemetry_archival
-- 100 days in the order of hosts; one in a thousand names a data set that went before the example begins
insert into telemetry.host_telemetry_archival (
    id, host_id, dataset_id, sampled_at_ms, cpu_percent, memory_bytes, payload
)
select
    i,
    1 + i * hosts / (n + 1),
    case
        when i % 997 = 0 then 900000 + i % 7
        when i % 4 = 0 then 10 * (i / 4 % (sets / 10)) + 2
        when i % 4 = 1 then greatest(1, ceil(sets * (1 - t.days / 300)))
    end,
    (extract(epoch from now_at) * 1000)::bigint - (t.days * 86400000)::bigint - 1,
    i * 7919 % 10001 / 100.0,
    (4 + i % 60) * 1073741824,
    jsonb_build_object('load1', i % 640 / 10.0, 'disk', jsonb_build_array(i % 100, i % 89))
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(400, current_setting('pydb_demo.rows')::bigint * 18 / 100) as n,
        greatest(60, current_setting('pydb_demo.rows')::bigint / 2000) as sets,
        greatest(4, current_setting('pydb_demo.rows')::bigint / 4000) as hosts) as setting,
    generate_series(1, n) as i,
    lateral (select 100 * (i * hosts % n) / n::float8 as days) as t;

-- step: telemetry.raw_events
-- 64 days: pruning stood still for a month; a dozen events of a host whose clock is two years ahead
insert into telemetry.raw_events (id, occurred_at, host_id, kind, payload)
select
    i,
    case
        when i * 12 % n < 12 then now_at + interval '2 years'
        else now_at - interval '64 days' * (1 - i / (n + 1)::float8)
    end,
    1 + i * 31 % hosts,
    (array['heartbeat', 'heartbeat', 'login', 'error', 'deploy', 'boot', 'heartbeat'])[1 + i % 7]::telemetry.event_kind,
    jsonb_build_object('seq', i, 'code', i % 600, 'ms', i * 17 % 4001)
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(600, current_setting('pydb_demo.rows')::bigint * 34 / 100) as n,
        greatest(4, current_setting('pydb_demo.rows')::bigint / 4000) as hosts) as setting,
    generate_series(1, n) as i;

-- step: telemetry.features
-- four features a host and day for 120 days
insert into telemetry.features (feature_date, host_id, name, value)
select
    (now_at at time zone 'UTC')::date - d,
    h,
    (array['cpu_p95', 'memory_p95', 'errors_per_hour', 'restarts'])[f],
    d * h * f % 1009 / 10.0
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(4, current_setting('pydb_demo.rows')::bigint / 4000) as hosts) as setting,
    generate_series(119, 0, -1) as d,
    generate_series(1, hosts) as h,
    generate_series(1, 4) as f;

-- step: telemetry.alerts
-- 150 days; four of five are resolved; most of the younger ones were raised by a score
insert into telemetry.alerts (
    id, dataset_id, score_id, severity, state, message, context, raised_at, resolved_at
)
select
    a,
    score.dataset_id,
    score.id,
    (array['info', 'warning', 'critical'])[1 + a % 3],
    case when a % 5 < 4 then 'resolved' when a % 2 = 0 then 'open' else 'acknowledged' end,
    format('%s below threshold', coalesce(score.metric, 'heartbeat rate')),
    jsonb_build_object('runbook', 'scores', 'value', score.score),
    t.at,
    case when a % 5 < 4 then t.at + interval '3 hours' end
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(80, current_setting('pydb_demo.rows')::bigint * 7 / 1000) as n,
        10 * greatest(60, current_setting('pydb_demo.rows')::bigint / 125) as scores) as setting
cross join generate_series(1, n) as a
cross join lateral (
    select
        150 * (1 - a / n::float8) as days,
        now_at - interval '4 hours' - interval '150 days' * (1 - a / n::float8) as at
) as t
left join telemetry.dataset_scores as score
    on score.id = greatest(1, floor(scores * (1 - t.days / 120)))::bigint and t.days < 119;

-- step: trading.model_runs
-- half of the models are trained on a reference set, half on the newest set of their day
insert into trading.model_runs (id, dataset_id, model, metrics, started_at, finished_at)
select
    m,
    case when m % 2 = 0 then 10 * (m / 2 % (sets / 10)) + 2
        else greatest(1, floor(sets * (1 - (t.days + 2) / 300))) end,
    (array['ridge', 'gbm', 'lstm'])[1 + m % 3],
    jsonb_build_object('rmse', m * 7919 % 997 / 1000.0, 'epochs', 10 + m % 20),
    now_at - t.days * interval '1 day',
    case when m % 41 > 0 then now_at - t.days * interval '1 day' + interval '55 minutes' end
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(30, current_setting('pydb_demo.rows')::bigint / 5000) as n,
        greatest(60, current_setting('pydb_demo.rows')::bigint / 2000) as sets) as setting,
    generate_series(1, n) as m,
    lateral (select 220 * (1 - m / (n + 1)::float8) as days) as t;

-- step: trading.decisions
-- 200 days, each by the model of its day
insert into trading.decisions (
    id, model_run_id, symbol, side, quantity, limit_price, rationale, decided_at
)
select
    d,
    greatest(1, floor(models * (1 - t.days / 220))),
    (array['ALPHA', 'BRAVO', 'DELTA', 'GAMMA', 'KAPPA', 'OMEGA', 'SIGMA', 'ZETA'])[1 + d % 8],
    (array['buy', 'sell'])[1 + d % 2]::trading.side,
    1 + d % 500,
    case when d % 9 > 0 then 20 + d * 7919 % 90000 / 1000.0 end,
    jsonb_build_object('confidence', d * 31 % 1000 / 1000.0, 'features', jsonb_build_array('cpu_p95', 'restarts')),
    now_at - t.days * interval '1 day'
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(200, current_setting('pydb_demo.rows')::bigint * 3 / 100) as n,
        greatest(30, current_setting('pydb_demo.rows')::bigint / 5000) as models) as setting,
    generate_series(1, n) as d,
    lateral (select 200 * (1 - d / (n + 1)::float8) as days) as t;

-- step: trading.trade_events
-- 400 days; one in 250 is not confirmed yet and has no time; every third of the last 200 days follows a decision
insert into trading.trade_events (
    id, decision_id, symbol, side, quantity, price, venue, payload, executed_at
)
select
    i,
    case when i % 3 = 0 and i % 250 <> 17 and t.days < 200 then greatest(1, floor(decisions * (1 - t.days / 200))) end,
    (array['ALPHA', 'BRAVO', 'DELTA', 'GAMMA', 'KAPPA', 'OMEGA', 'SIGMA', 'ZETA'])[1 + i % 8],
    (array['buy', 'sell'])[1 + i % 2]::trading.side,
    1 + i % 500,
    20 + i * 7919 % 90000 / 1000.0,
    (array['XETR', 'XNYS', 'XTKS'])[1 + i % 3],
    jsonb_build_object('order', format('O-%s', i), 'fee', i % 90 / 100.0),
    case when i % 250 <> 17 then now_at - t.days * interval '1 day' end
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(600, current_setting('pydb_demo.rows')::bigint * 18 / 100) as n,
        greatest(200, current_setting('pydb_demo.rows')::bigint * 3 / 100) as decisions) as setting,
    generate_series(1, n) as i,
    lateral (select 400 * (1 - i / (n + 1)::float8) as days) as t;

-- step: trading.job_runs
-- 75 days; one in 300 still says running, because its process was killed
insert into trading.job_runs (id, job_name, state, attempts, error, started_at, finished_at)
select
    j,
    (array['ingest', 'match', 'settle', 'report'])[1 + j % 4],
    case when j % 300 = 11 then 'running' when j % 23 = 0 then 'failed' else 'succeeded' end,
    1 + j % 3,
    case when j % 23 = 0 and j % 300 <> 11 then 'connection to venue lost' end,
    t.at,
    case when j % 300 <> 11 then t.at + interval '90 seconds' end
from
    (select
        current_setting('pydb_demo.now')::timestamptz at time zone 'UTC' as now_at,
        greatest(400, current_setting('pydb_demo.rows')::bigint * 3 / 100) as n) as setting,
    generate_series(1, n) as j,
    lateral (select now_at - interval '2 minutes' - interval '75 days' * (1 - j / n::float8) as at) as t;

-- step: trading.match_runs
-- 75 days
insert into trading.match_runs (id, algorithm, candidates, matched, parameters, started_at, finished_at)
select
    k,
    (array['pro-rata', 'fifo'])[1 + k % 2],
    40 + k % 200,
    4,
    jsonb_build_object('tolerance', 0.01, 'session', k % 12),
    t.at,
    case when k < n then t.at + interval '20 seconds' end
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(100, current_setting('pydb_demo.rows')::bigint * 5 / 1000) as n) as setting,
    generate_series(1, n) as k,
    lateral (select now_at - interval '1 minute' - interval '75 days' * (1 - k / n::float8) as at) as t;

-- step: trading.match_pairs and trading.settlements
-- four pairs a run go with it; one run in 40 is in dispute and must stay
with pair as (
    insert into trading.match_pairs (match_run_id, position, buy_event_id, sell_event_id, price)
    select
        run.id,
        p,
        run.id * 8 + p * 2,
        run.id * 8 + p * 2 + 1,
        20 + (run.id * 4 + p) * 7919 % 90000 / 1000.0
    from trading.match_runs as run, generate_series(1, 4) as p
)

insert into trading.settlements (id, match_run_id, amount, state, opened_at)
select
    (run.id + 38) / 40,
    run.id,
    run.id * 7919 % 1000000 / 100.0,
    'disputed',
    run.started_at + interval '2 hours'
from trading.match_runs as run
where run.id % 40 = 2;

-- step: trading.quotes
-- two of five have expired; one in 100 stands for ever
insert into trading.quotes (id, symbol, bid, ask, expires_at)
select
    md5('quote ' || q)::uuid,
    (array['ALPHA', 'BRAVO', 'DELTA', 'GAMMA', 'KAPPA', 'OMEGA', 'SIGMA', 'ZETA'])[1 + q % 8],
    20 + q * 7919 % 90000 / 1000.0,
    20.05 + q * 7919 % 90000 / 1000.0,
    case
        when q % 100 = 1 then 'infinity'
        else now_at + (q - n * 2 / 5) * interval '20 minutes' - interval '1 minute'
    end
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(100, current_setting('pydb_demo.rows')::bigint * 5 / 1000) as n) as setting,
    generate_series(1, n) as q;

-- step: trading."Abrechnungsläufe"
-- 500 days
insert into trading."Abrechnungsläufe" ("LaufId", "ErstelltAm", "Betrag", "Währung")
select
    i,
    now_at - interval '1 minute' - interval '500 days' * (1 - i / n::float8),
    i * 7919 % 10000000 / 100.0,
    (array['EUR', 'USD', 'JPY'])[1 + i % 3]
from
    (select
        current_setting('pydb_demo.now')::timestamptz as now_at,
        greatest(50, current_setting('pydb_demo.rows')::bigint / 1000) as n) as setting,
    generate_series(1, n) as i;
