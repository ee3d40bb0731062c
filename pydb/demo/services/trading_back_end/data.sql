-- Arithmetic instead of random(). Times stand half an hour beside every full hour before now, so that nothing comes to its
-- end while the demo runs. Of 100 rows 60 are trades, 15 jobs, 25 matches; about four in ten are due.
with size as (
    select greatest(1000, %(rows)s::bigint) as rows, now() - interval '30 minutes' as last
),

trade as (
    insert into trading.trade_event (strategy, executed_at, price)
    select
        (array['momentum', 'carry', 'value', 'spread', 'breakout'])[1 + i %% 5],
        last - make_interval(hours => (i * 14400 / (rows * 6 / 10))::integer),
        100 + 20 * sin(i / 500.0) + (i * 7919 %% 101) / 50.0
    from size, generate_series(rows * 6 / 10, 1, -1) as i
),

job as (
    insert into trading.job_run (job, finished_at)
    select
        format('settle-%%s', i %% 12),
        case when i %% 50 > 0 then last - make_interval(hours => (i * 2400 / (rows * 15 / 100))::integer) end
    from size, generate_series(rows * 15 / 100, 1, -1) as i
),

match as (
    insert into trading.match_run (strategy, started_at)
    select 'carry', last - make_interval(hours => (i * 2400 / (rows / 4))::integer)
    from size, generate_series(rows / 4, 1, -1) as i
)

select rows from size;
