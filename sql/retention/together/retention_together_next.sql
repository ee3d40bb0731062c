-- pydb_internal.retention_together_next (together; by retention_partition_turn): when more partitions may go.
-- reads the statistics   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_together_next(p_held interval, p_has_more boolean)
returns timestamptz
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_sessions constant integer := pg_stat_get_db_numbackends((
        select d.oid from pg_database as d where d.datname = current_database()
    )) - 1;
begin
    -- Every session plans anew once after it, and some have waited: nearly all of the time belongs to them. One of a
    -- hundred statements at some 25 a second and session; what takes ten seconds more at night is nobody's percentile.
    return clock_timestamp() + case
        when p_has_more
            then least(greatest(500 * p_held, v_sessions * interval '0.6 s', interval '20 ms'), interval '10 s')
        else interval '20 ms'
    end;
end
$$;

comment on function pydb_internal.retention_together_next(interval, boolean) is
'Now, and a rest that is longer the longer p_held is and the more sessions there are, up to 10 seconds; hardly any where
no more partitions are to go.';

revoke all on function pydb_internal.retention_together_next(interval, boolean) from public;
