-- What there is at %(now)s, by plain SQL: nothing of pydb is asked.
select
    (select count(*) from lighting.raw_event) as raw,
    (select count(*) from lighting.raw_event where occurred_at < %(now)s::timestamptz - interval '30 days') as raw_old,
    (
        select count(*) from lighting.raw_event
        where occurred_at < %(now)s::timestamptz - interval '30 days'
            and occurred_at >= (select up_to from lighting.rollup where job = 'hourly')
    ) as raw_unsummed,
    (select count(*) from lighting.feature where hour < %(now)s::timestamptz - interval '90 days') as features_old,
    (select count(*) from lighting.feature) as features,
    (select coalesce(sum(events), 0)::bigint from lighting.feature) as summed,
    (select count(*) from lighting.decision) as decisions,
    (select count(*) from lighting.decision where decided_at < %(now)s::timestamptz - interval '180 days')
    as decisions_old,
    (select extract(epoch from %(now)s::timestamptz - up_to)::float8 from lighting.rollup where job = 'hourly') as lag;
