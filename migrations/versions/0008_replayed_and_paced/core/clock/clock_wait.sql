-- pydb_internal.clock_wait (clock): sleeps until then, and no longer than p_at_most.
-- reads nothing   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.clock_wait(p_until timestamptz, p_at_most interval)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform pg_catalog.pg_sleep_for(greatest(least(p_until - clock_timestamp(), p_at_most), interval '0'));
end
$$;

comment on function pydb_internal.clock_wait(timestamptz, interval) is
'Sleeps until p_until (null: without an end), at most p_at_most; not at all if p_until is over.';

revoke all on function pydb_internal.clock_wait(timestamptz, interval) from public;
