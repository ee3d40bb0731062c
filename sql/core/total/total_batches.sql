-- pydb_internal.total_batches (total; by run_end): add the times of the batches of a run, and what was tried again, to
-- the totals.
-- reads pydb_internal.run_kind   writes pydb.metric_total   locks nothing
-- raises nothing
create or replace function pydb_internal.total_batches(p_run_id bigint, p_tally jsonb)
returns void
language plpgsql
security definer -- adds only to totals, and only for a run of this process
set search_path = pg_catalog, pg_temp
as $$
begin
    insert into pydb.metric_total (metric, subsystem, label, value)
    select t.metric, r.kind, t.label, t.value
    from pydb.job_run as r
    cross join lateral (
        select 'batch_bucket' as metric, b.key as label, b.value::numeric as value
        from jsonb_each_text(p_tally -> 'buckets') as b
        union all
        select 'batch_seconds', '', (p_tally ->> 'seconds')::numeric
        union all
        select 'retries', c.key, c.value::numeric from jsonb_each_text(p_tally -> 'retries') as c
    ) as t
    where r.id = p_run_id and r.state = 'running' and r.pid = pg_backend_pid() and not r.dry_run and t.value > 0
        and t.metric || t.label ~ '^(batch_bucket(0[.][0-9]+|[0-9]+|[+]Inf)|batch_seconds|retries(40|55|57|53|other))$';
exception when lock_not_available then
    null; -- who locks the totals keeps no run from being closed
end
$$;

comment on function pydb_internal.total_batches(bigint, jsonb) is
'Adds a tally (run_tally) of a live run of this process to pydb.metric_total.';

revoke all on function pydb_internal.total_batches(bigint, jsonb) from public;
