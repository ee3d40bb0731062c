-- pydb_internal.telemetry_requests (measure; by telemetry_status): how requests of a time went.
-- reads a table of requests   writes nothing   locks nothing
-- raises what the server raises
create or replace function pydb_internal.telemetry_requests(
    p_table regclass,
    p_since timestamptz,
    p_until timestamptz,
    out sampled bigint,
    out requests double precision,
    out errors double precision,
    out p95 double precision
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
    -- of very many the newest speak for all: health has a second for everything
    execute format($q$
        with taken as (
            select t."http.response.status_code" as status, t."http.server.request.duration" as duration,
                1 / t.sample_rate as weight
            from %s as t
            where t.recorded_at > $1 and t.recorded_at <= $2
            order by t.recorded_at desc
            limit 100000
        ), summed as (
            select w.*, sum(w.weight) over (order by w.duration rows unbounded preceding) as upto,
                sum(w.weight) over () as total
            from taken as w
        )
        select count(*), coalesce(sum(s.weight), 0), coalesce(sum(s.weight) filter (where s.status >= 500), 0),
            min(s.duration) filter (where s.upto >= 0.95 * s.total)
        from summed as s
    $q$, p_table) using p_since, p_until into sampled, requests, errors, p95;
end
$$;

comment on function pydb_internal.telemetry_requests(regclass, timestamptz, timestamptz) is
'Of the requests after p_since, up to p_until: rows that there are (at most the newest 100 000), and, each weighed
by 1 / sample_rate, how many requests they stand for, how many were answered 5xx, and the 95th percentile in seconds.';

revoke all on function pydb_internal.telemetry_requests(regclass, timestamptz, timestamptz) from public;
