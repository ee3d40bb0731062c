-- The clock and the size of the example, as settings of this transaction that the other files read.
-- All times of the example are relative to this one "now": it looks the same on every day.
select
    set_config('timezone', 'UTC', true) as timezone,
    set_config('pydb_demo.rows', (%(rows)s::bigint)::text, true) as rows,
    set_config('pydb_demo.now', date_trunc('second', clock_timestamp())::text, true)::timestamptz as now;
