-- pydb_internal.retention_together_next (together; by retention_partition_turn): when more partitions may go.
-- reads the sessions   writes nothing   locks nothing
-- raises nothing
create or replace function pydb_internal.retention_together_next(p_held interval, p_parts bigint, p_has_more boolean)
returns timestamptz
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    -- those that work at the rate that a rest is for, as far as the role may see it
    v_sessions constant bigint := (
        select count(*)
        from pg_stat_get_activity(null) as s
        inner join pg_database as d on d.oid = s.datid
        where d.datname = current_database() and s.backend_type = 'client backend' and s.pid <> pg_backend_pid()
            and coalesce(s.state_change > v_now - interval '1 s', true)
    );
begin
    -- Every session plans anew once after it. For each partition some have waited, and a processor was busy to get it
    -- ready: of 24 that makes two or three statements of each session, of 12 hardly two. Of 25 a second and session
    -- that is less than one in a hundred, and it has to be well below that: what is above it pushes the percentile out
    -- among those that are slow by themselves.
    return v_now + case
        when p_has_more and v_sessions > 0
            then greatest(
                least(500 * p_held, interval '10 s'),
                least(v_sessions * (interval '0.3 s' + p_parts * interval '0.0375 s'), interval '20 s'),
                interval '20 ms'
            )
        else interval '20 ms'
    end;
end
$$;

comment on function pydb_internal.retention_together_next(interval, bigint, boolean) is
'Now, and a rest that is longer the longer p_held is (up to 10 seconds), and the more partitions went and the more
sessions are at work (up to 20); hardly any where none is, or no more partitions are to go.';

revoke all on function pydb_internal.retention_together_next(interval, bigint, boolean) from public;
