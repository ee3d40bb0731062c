-- How many rows the arithmetic of data.sql gives from each cutoff on: what must be left, whatever pydb says.
select
    (
        select count(*) from generate_series(1, l.rows) as i
        where l.now_at - interval '45 days' * (1 - i / (l.rows + 1)::float8) >= %(raw)s::timestamptz
    ) as raw,
    (
        select count(*) from generate_series(1, l.rows / 5) as i
        where l.now_at - interval '200 days' * (1 - i / (l.rows / 5 + 1)::float8) >= %(decisions)s::timestamptz
    ) as decisions
from lighting.loaded as l;
