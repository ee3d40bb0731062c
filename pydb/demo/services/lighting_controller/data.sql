-- Arithmetic instead of random(). The job that sums up has stood still for 40 days; pruning for 15, 30 and 20.
with size as (
    select
        greatest(2000, %(rows)s::bigint) as rows,
        greatest(4, %(rows)s::bigint / 20000) as lamps,
        date_trunc('hour', %(now)s::timestamptz) as now_at
),

lamp as (
    insert into lighting.lamp (id, street)
    select i, format('%%s Street', i) from size, generate_series(1, lamps) as i
),

raw as (
    insert into lighting.raw_event (id, lamp_id, occurred_at, lux, watts)
    select
        i, 1 + i %% lamps, now_at - interval '45 days' * (1 - i / (rows + 1)::float8), i * 7919 %% 5003 / 10.0,
        i * 31 %% 97
    from size, generate_series(1, rows) as i
),

feature as (
    insert into lighting.feature (lamp_id, hour, events, lux, watts)
    select l, now_at - h * interval '1 hour', 0, 0, 0
    from size, generate_series(1, lamps) as l, generate_series(40 * 24 + 1, 120 * 24) as h
),

decision as (
    insert into lighting.decision (id, lamp_id, decided_at, level)
    select i, 1 + i %% lamps, now_at - interval '200 days' * (1 - i / (rows / 5 + 1)::float8), i %% 101
    from size, generate_series(1, rows / 5) as i
),

loaded as (
    insert into lighting.loaded (now_at, rows) select now_at, rows from size
),

rollup as (
    insert into lighting.rollup (job, up_to) select 'hourly', now_at - interval '45 days' from size
)

select rows from size;
