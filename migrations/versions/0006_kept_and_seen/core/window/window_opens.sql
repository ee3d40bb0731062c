-- pydb_internal.window_opens (window; by window_within): when a window that is closed opens next.
-- reads the time zone   writes nothing   locks nothing
-- raises what an unknown time zone raises
create or replace function pydb_internal.window_opens(p_window pydb.run_window, p_at timestamptz)
returns timestamptz
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- the days of two weeks: where its only day has no such hour, the one a week later has
    with day (opens) as (
        select ((p_at at time zone p_window.timezone)::date + d.d + p_window.opens) at time zone p_window.timezone
        from generate_series(-1, 14) as d (d)
    )

    select min(c.at)
    from (
        select d.opens from day as d
        union all
        -- an hour that comes twice: PostgreSQL takes the second
        select d.opens - g.gap
        from day as d
        cross join unnest('{30 min,1 hour}'::interval[]) as g (gap)
        union all
        -- within an hour that is left out, or that comes again
        select pydb_internal.window_shift(p_window.timezone, p_at, p_at + interval '336 hours')
    ) as c (at)
    where c.at > p_at and pydb_internal.window_until(p_window, c.at) is not null;
$$;

comment on function pydb_internal.window_opens(pydb.run_window, timestamptz) is
'The next moment after p_at, at which the window is closed, at which it is open; null = not within two weeks.';

revoke all on function pydb_internal.window_opens(pydb.run_window, timestamptz) from public;
