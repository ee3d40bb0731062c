-- pydb.telemetry_status: what applications say of themselves, beside what is normal.
-- reads pydb.telemetry and its tables, the catalog   writes nothing   locks nothing
-- raises nothing
create or replace function pydb.telemetry_status(p_now timestamptz default null)
returns table (
    name text,
    baseline text,
    measured numeric,
    bound numeric,
    unit text,
    weighed bigint,
    state text,
    problem text
)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := coalesce(p_now, clock_timestamp());
    v_one pydb.telemetry;
    v_requests record;
    v_jobs record;
    v_until timestamptz;
begin
    for v_one in select t.* from pydb.telemetry as t order by t.name loop
        name := v_one.name;
        problem := null;
        v_requests := null;
        v_jobs := null;
        begin
            v_requests := pydb_internal.telemetry_requests(v_one.request_table, v_now - v_one.baseline_window, v_now);
            v_jobs := pydb_internal.telemetry_jobs(v_one.job_table, v_now - v_one.baseline_window, v_now);
        exception when others then -- one that is gone, or may not be read, hides no other
            problem := sqlerrm;
        end;
        v_until := least(
            pydb_internal.telemetry_until(v_one.request_table, v_now),
            pydb_internal.telemetry_until(v_one.audit_table, v_now),
            pydb_internal.telemetry_until(v_one.job_table, v_now)
        );
        for baseline, measured, bound, unit, weighed in
            select b.*
            from (
                values
                (
                    'error_share', (v_requests.errors / nullif(v_requests.requests, 0))::numeric,
                    v_one.max_error_share, 'ratio', round(v_requests.requests::numeric)::bigint
                ),
                (
                    'p95', v_requests.p95::numeric, extract(epoch from v_one.max_p95), 'seconds',
                    round(v_requests.requests::numeric)::bigint
                ),
                (
                    'failed_share', v_jobs.failed::numeric / nullif(v_jobs.ended, 0), v_one.max_failed_share, 'ratio',
                    v_jobs.ended
                ),
                (
                    'partitions', extract(epoch from v_until - v_now), 86400, 'seconds', null
                )
            ) as b
        loop
            state := case
                when baseline = 'partitions' and measured > bound then 'normal'
                when baseline = 'partitions' then 'beyond'
                when problem is not null then 'unknown'
                when coalesce(weighed, 0) < v_one.min_rows then 'few'
                when measured > bound then 'beyond'
                else 'normal'
            end;
            return next;
        end loop;
    end loop;
end
$$;

comment on function pydb.telemetry_status(timestamptz) is
'One row a baseline of each schema with telemetry: error_share (answers 5xx), p95 (seconds), failed_share (jobs), each
over the baseline_window before p_now and weighed by 1 / sample_rate, and partitions (seconds until they end, at least a
day). state: normal, beyond (the bound), few (less than min_rows requests or jobs: not judged) or unknown (problem says
why). weighed = requests or jobs that it is about.';

revoke all on function pydb.telemetry_status(timestamptz) from public;
