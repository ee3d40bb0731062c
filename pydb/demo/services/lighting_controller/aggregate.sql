-- One step: the raw events of the next day, or up to %(until)s, into features; the watermark moves along. No row where
-- there is nothing left to do.
with bounds as (
    select up_to as since, least(up_to + interval '1 day', date_trunc('hour', %(until)s::timestamptz)) as until
    from lighting.rollup
    where job = 'hourly' and up_to < date_trunc('hour', %(until)s::timestamptz)
    for update
),

summed as (
    insert into lighting.feature (lamp_id, hour, events, lux, watts)
    select r.lamp_id, date_trunc('hour', r.occurred_at), count(*), avg(r.lux), avg(r.watts)
    from bounds as b
    inner join lighting.raw_event as r on r.occurred_at >= b.since and r.occurred_at < b.until
    group by 1, 2
    on conflict (hour, lamp_id) do update
        set events = excluded.events, lux = excluded.lux, watts = excluded.watts
    returning events
),

moved as (
    update lighting.rollup as u set up_to = b.until from bounds as b where u.job = 'hourly' returning u.up_to
)

select m.up_to, (select coalesce(sum(s.events), 0)::bigint from summed as s) as events from moved as m;
