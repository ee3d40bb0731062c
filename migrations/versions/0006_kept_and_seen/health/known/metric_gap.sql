-- pydb_internal.metric_gap (known; by metric_interval): the longest step between values that come round again.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.metric_gap(p_values integer[], p_round integer)
returns integer
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
    select coalesce(max(u.gap), p_round)
    from (
        select coalesce(
            lead(v.value) over (order by v.value), min(v.value) over () + p_round
        ) - v.value as gap
        from (select distinct w.value % case when p_round = 7 then 7 else 1000 end as value
            from unnest(p_values) as w (value)) as v
    ) as u;
$$;

comment on function pydb_internal.metric_gap(integer[], integer) is
'Longest step from one value to the next, and from the last to the first of the next round; of weekdays 7 is 0.';

revoke all on function pydb_internal.metric_gap(integer[], integer) from public;
