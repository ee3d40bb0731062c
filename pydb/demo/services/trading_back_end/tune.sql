-- The window, out of as many as there are trials, whose moving average of the strategy's last prices would have gained most.
with price as (
    select price, row_number() over (order by executed_at, id) as n
    from trading.trade_event
    where strategy = %(strategy)s
    order by executed_at desc, id desc
    limit 1000
),

step as (
    select w.size, p.n, p.price,
        avg(p.price) over (partition by w.size order by p.n rows 60 preceding) * w.size as signal,
        lead(p.price) over (partition by w.size order by p.n) - p.price as move
    from price as p, generate_series(1, %(trials)s::integer) as w (size)
),

gain as (
    select size, coalesce(sum(move) filter (where price * size > signal), 0) as gain
    from step
    group by size
    order by gain desc, size
    limit 1
)

insert into trading.tune (workspace, strategy, trials, best_window, gain)
select %(workspace)s, %(strategy)s, %(trials)s::integer, size, gain from gain
returning id, best_window, gain;
