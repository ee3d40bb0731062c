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
    v_sampled bigint;
    v_requests double precision;
    v_errors double precision;
    v_p95 double precision;
    v_ended bigint;
    v_failed bigint;
    v_until timestamptz;
begin
    for v_one in select t.* from pydb.telemetry as t order by t.name loop
        name := v_one.name;
        begin
            problem := coalesce(
                pydb_internal.telemetry_problem(v_one.request_table), pydb_internal.telemetry_problem(v_one.job_table)
            );
            select r.sampled, r.requests, r.errors, r.p95, j.ended, j.failed
            into v_sampled, v_requests, v_errors, v_p95, v_ended, v_failed
            from pydb_internal.telemetry_requests(v_one.request_table, v_now - v_one.baseline_window, v_now) as r
            cross join pydb_internal.telemetry_jobs(v_one.job_table, v_now - v_one.baseline_window, v_now) as j
            where problem is null;
        exception when others then -- one that is gone, or may not be read, hides no other
            problem := sqlerrm;
        end;
        v_until := least(
            pydb_internal.telemetry_until(v_one.request_table, v_now),
            pydb_internal.telemetry_until(v_one.audit_table, v_now),
            pydb_internal.telemetry_until(v_one.job_table, v_now)
        );
        for baseline, measured, bound, unit, weighed, state in
            select
                b.name, case when b.is_known then b.measured end, b.bound, b.unit,
                case when b.is_known then b.weighed end,
                case
                    when not b.is_known then 'unknown'
                    when b.rows < v_one.min_rows then 'few'
                    when b.is_least and b.measured < b.bound or not b.is_least and b.measured > b.bound then 'beyond'
                    else 'normal'
                end
            from (
                values
                (
                    'error_share', (v_errors / nullif(v_requests, 0))::numeric, v_one.max_error_share, 'ratio',
                    v_requests::bigint, v_requests, problem is null, false
                ),
                (
                    -- by rows: few of them tell little, however many they stand for
                    'p95', v_p95::numeric, extract(epoch from v_one.max_p95), 'seconds', v_requests::bigint,
                    v_sampled, problem is null, false
                ),
                (
                    'failed_share', v_failed::numeric / nullif(v_ended, 0), v_one.max_failed_share, 'ratio', v_ended,
                    v_ended, problem is null, false
                ),
                ('partitions', extract(epoch from v_until - v_now), 86400, 'seconds', null, null, true, true)
            ) as b (name, measured, bound, unit, weighed, rows, is_known, is_least)
        loop
            return next;
        end loop;
    end loop;
end
$$;

comment on function pydb.telemetry_status(timestamptz) is
'One row a baseline of each schema with telemetry: error_share (answers 5xx), p95 (seconds), failed_share (jobs), each
over the baseline_window before p_now and weighed by 1 / sample_rate, and partitions (seconds until they end, at least
a day). state: normal, beyond (the bound), few (less than min_rows requests or jobs, or rows for p95: not judged) or
unknown (problem says why). weighed = requests or jobs that it is about.';

revoke all on function pydb.telemetry_status(timestamptz) from public;
