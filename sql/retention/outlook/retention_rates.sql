-- pydb_internal.retention_rates (outlook; by retention_outlook): how fast rows come and go, by what runs have counted.
-- reads pydb.retention_history   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_rates(p_policy text default null)
returns table (
    policy text,
    version text,
    at timestamptz,
    rows_left bigint,
    through_at timestamptz,
    came double precision,
    gone double precision,
    span interval
)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    select
        l.policy, l.version, l.at, l.rows_left, l.through_at, r.came, r.gone,
        justify_hours(make_interval(secs => round(r.span)))
    from pydb.retention_policy as p
    cross join lateral (
        select h.* from pydb.retention_history as h where h.policy = p.name order by h.day desc limit 1
    ) as l
    cross join lateral (
        select greatest(l.day - min(h.day), 0) as days
        from pydb.retention_history as h
        where h.policy = p.name and h.version = l.version
            -- While rows are left, only the days since then tell what a run can do: before, it took all there was.
            and h.day >= case
                when (l.through_at at time zone 'UTC')::date < l.day
                    then greatest((l.through_at at time zone 'UTC')::date, l.day - 28)
                else l.day - 28
            end
    ) as s
    left join lateral (
        select
            sum(d.seconds) as span,
            greatest(86400 * sum(d.weight * d.rows_came) / sum(d.weight * d.seconds), 0) as came,
            86400 * sum(d.weight * d.rows_gone) / sum(d.weight * d.seconds) as gone
        from (
            select
                h.rows_came::float8, h.rows_gone::float8, date_part('epoch', h.span) as seconds,
                power(0.5::float8, (l.day - h.day) / 7) as weight
            from pydb.retention_history as h
            where h.policy = p.name and h.version = l.version and h.span > interval '0'
                -- whole weeks, once there is one: runs may belong to some days of it
                and h.day > l.day - case when s.days < 7 then s.days + 1 else s.days / 7 * 7 end
                and (s.days < 1 or h.day > l.day - s.days)
        ) as d
        having sum(d.seconds) >= 3600 -- less says nothing about a day
    ) as r on true
    where p_policy is null or p.name = p_policy;
$$;

comment on function pydb_internal.retention_rates(text) is
'For each policy that was counted, or the named one: when, what was left, since when, and the rows that come and go a
day, over span: the days since when rows are left, else up to 28, and of them the last whole weeks; a week counts half
as much as the one after it. Null rates: they were seen for less than an hour.';

revoke all on function pydb_internal.retention_rates(text) from public;
