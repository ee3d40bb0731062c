-- pydb_internal.orphan_horizon (condition; by orphan_age): set a mark of now, and give the transaction before which
-- every row is of the age asked for.
-- reads and writes pydb_internal.orphan_mark   locks nothing
-- raises nothing
create or replace function pydb_internal.orphan_horizon(p_min_age interval)
returns bigint
language plpgsql
security definer -- scanners set marks without a right on the table
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
begin
    -- one a minute is enough; of those older than a month the newest stays
    insert into pydb_internal.orphan_mark (at)
    select v_now
    where not exists (select 1 from pydb_internal.orphan_mark as m where m.at > v_now - interval '1 min')
    on conflict do nothing;
    if found then
        delete from pydb_internal.orphan_mark as m
        where m.at < (select max(k.at) from pydb_internal.orphan_mark as k where k.at < v_now - interval '30 days');
    end if;
    if p_min_age <= interval '0' then
        return pg_snapshot_xmin(pg_current_snapshot())::text::bigint;
    end if;
    return coalesce(
        (select max(m.horizon) from pydb_internal.orphan_mark as m where m.at <= v_now - p_min_age),
        -- no mark is that old: then no row is known to be
        greatest(pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 2147483648, 3)
    );
end
$$;

comment on function pydb_internal.orphan_horizon(interval) is
'Transaction number: rows of older transactions were committed at least p_min_age ago, and before every transaction
that runs now if that is 0. Each scan leaves a mark, so the next one can tell what this one saw already.';

revoke all on function pydb_internal.orphan_horizon(interval) from public;
