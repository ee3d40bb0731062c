-- What is left, and the oldest of it.
select
    (select count(*) from lighting.raw_event) as raw,
    (select count(*) from lighting.feature) as features,
    (select count(*) from lighting.decision) as decisions,
    (select min(hour) from lighting.feature) as oldest_feature;
