-- pydb_internal.telemetry_jobs (measure; by telemetry_status): how jobs of a time ended.
-- reads a table of jobs   writes nothing   locks nothing
-- raises what the server raises
create or replace function pydb_internal.telemetry_jobs(
    p_table regclass,
    p_since timestamptz,
    p_until timestamptz,
    out ended bigint,
    out failed bigint
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    execute format($q$
        with taken as (
            select t.state
            from %s as t
            where t.recorded_at > $1 and t.recorded_at <= $2 and t.state in ('completed', 'failed')
            order by t.recorded_at desc
            limit 100000
        )
        select count(*), count(*) filter (where t.state = 'failed') from taken as t
    $q$, p_table) using p_since, p_until into ended, failed;
end
$$;

comment on function pydb_internal.telemetry_jobs(regclass, timestamptz, timestamptz) is
'How many jobs ended after p_since, up to p_until, and how many of them failed; of at most the newest 100 000.';

revoke all on function pydb_internal.telemetry_jobs(regclass, timestamptz, timestamptz) from public;
