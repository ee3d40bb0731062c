-- pydb_internal.degraded_fold (degraded; by degraded_report): add old hours to the sum of all that are older; the whole
-- stays the same.
-- writes pydb.degraded_count   locks the rows that it folds; passes if somebody else is at it
-- raises nothing
create or replace function pydb_internal.degraded_fold(p_before timestamptz)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform 1 from pydb.degraded_count as d where d.hour > '-infinity' and d.hour < p_before limit 1;
    if not found then
        return;
    end if;
    with folded as (
        delete from pydb.degraded_count as d
        where d.ctid = any(array(
            select o.ctid from pydb.degraded_count as o
            where o.hour > '-infinity' and o.hour < p_before
            for update skip locked
        ))
        returning d.provider, d.reason_code, d.calls, d.last_at
    )
    insert into pydb.degraded_count as d (provider, reason_code, hour, calls, last_at)
    select f.provider, f.reason_code, '-infinity', least(sum(f.calls), 9e18)::bigint, max(f.last_at)
    from folded as f
    group by f.provider, f.reason_code
    order by f.provider, f.reason_code
    on conflict (provider, reason_code, hour) do update
    set calls = least(d.calls::numeric + excluded.calls, 9e18)::bigint,
        last_at = greatest(d.last_at, excluded.last_at);
end
$$;

comment on function pydb_internal.degraded_fold(timestamptz) is
'Moves the counts of hours before p_before into the row of hour -infinity. For routines that run as the owner.';

revoke all on function pydb_internal.degraded_fold(timestamptz) from public;
