-- pydb_internal.metric_retention (metric; by metric_collect): what policies keep, and what is left to do, as runs have
-- counted it.
-- reads pydb.retention_policy, what pydb.retention_outlook reads   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_retention()
returns setof pydb_internal.metric_sample
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    with policy as materialized (
        select
            case when n.is_named then p.name else 'other' end as label, p.enabled, p.paused_at,
            extract(epoch from p.keep)::float8 as keep, p.fuse_share::float8 as fuse, o.backlog::float8 as backlog,
            extract(epoch from o.known_at)::float8 as known_at, o.due_per_day::float8 as came,
            o.deleted_per_day::float8 as gone, case
                when o.backlog = 0 then 0
                else extract(epoch from clock_timestamp() - h.through_at)
            end::float8 as age
        from pydb.retention_policy as p
        inner join pydb_internal.metric_policies() as n on n.name = p.name
        left join pydb.retention_outlook() as o on o.policy = p.name
        left join lateral (
            select l.through_at from pydb.retention_history as l where l.policy = p.name order by l.day desc limit 1
        ) as h on true
    )
    select 'lifecycle_policies', jsonb_build_object('state', u.state), u.policies::float8
    from (
        select
            count(*) filter (where p.enabled and p.paused_at is null) as active,
            count(*) filter (where p.enabled and p.paused_at is not null) as paused,
            count(*) filter (where not p.enabled) as disabled
        from policy as p
    ) as c
    cross join lateral (
        values ('active', c.active), ('paused', c.paused), ('disabled', c.disabled)
    ) as u (state, policies)
    union all
    select u.name, jsonb_build_object('policy', t.label), u.value
    from (
        -- of those that stand together: rows are added up, of times the worst is told
        select
            p.label, sum(p.backlog) as backlog, min(p.known_at) as known_at, sum(p.came) as came, sum(p.gone) as gone,
            max(p.fuse) as fuse, (array_agg(p.age order by p.age / nullif(p.keep, 0) desc nulls last))[1] as age,
            (array_agg(p.keep order by p.age / nullif(p.keep, 0) desc nulls last))[1] as keep
        from policy as p
        where p.enabled
        group by p.label
    ) as t
    cross join lateral (
        values
        ('lifecycle_retention_expired_rows', t.backlog),
        ('lifecycle_retention_counted_timestamp_seconds', t.known_at),
        ('lifecycle_retention_oldest_expired_age_seconds', t.age),
        ('lifecycle_retention_seconds', t.keep),
        ('lifecycle_retention_guard_limit_ratio', t.fuse),
        ('lifecycle_retention_due_rows_per_day', t.came),
        ('lifecycle_retention_deleted_rows_per_day', t.gone)
    ) as u (name, value);
$$;

comment on function pydb_internal.metric_retention() is 'Samples of the collector retention.';

revoke all on function pydb_internal.metric_retention() from public;
