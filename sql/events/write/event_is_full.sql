-- pydb_internal.event_is_full (write): whether as many events wait as may.
-- reads pydb_internal.event_head, pydb_internal.event_waiting, pydb.setting   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.event_is_full(p_newest bigint)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
    -- ids that were rolled back since the oldest that waits count too; when that is published they are forgotten
    select coalesce((
        select p_newest - f.id >= s.value::bigint
        from pydb.setting as s
        cross join lateral (
            select w.id
            from pydb_internal.event_head as h
            inner join pydb_internal.event_waiting as w on w.xid >= h.low
            order by w.xid, w.id
            limit 1
        ) as f
        where s.name = 'event_max_waiting'
    ), false);
$$;

comment on function pydb_internal.event_is_full(bigint) is
'Whether event p_newest is one more than setting event_max_waiting lets wait, by the ids between it and the oldest.';

revoke all on function pydb_internal.event_is_full(bigint) from public;
