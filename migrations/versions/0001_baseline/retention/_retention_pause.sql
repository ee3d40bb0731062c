-- pydb._retention_pause: how long a walk sleeps now: until it wakes, in slices, so that no sleep holds a snapshot.
-- reads the clock   writes nothing   locks nothing
-- raises nothing
create or replace function pydb._retention_pause(p_walk jsonb)
returns double precision
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
    select case
        when u.seconds > 0 and p_walk ->> 'state' is null then least(u.seconds, 0.1)
    end
    from (select extract(epoch from (p_walk ->> 'wake')::timestamptz - clock_timestamp()) as seconds) as u;
$$;

comment on function pydb._retention_pause(jsonb) is
'Seconds to sleep before the next turn, at most 0.1; null where there is nothing to wait for.';

revoke all on function pydb._retention_pause(jsonb) from public;
