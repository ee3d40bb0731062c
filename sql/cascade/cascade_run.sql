-- pydb.cascade_run: execute cascade jobs in batches, each committed, children first; go on where a run was cut off.
-- writes the root, what references it, pydb.cascade_job, pydb.job_run   locks per batch: tables (row exclusive), rows
-- raises YD302 YD306 YD308; warns YD007; commits, so it cannot run inside a transaction block
create or replace procedure pydb.cascade_run(
    p_job bigint default null,
    p_max_runtime interval default null,
    p_request uuid default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
    v_subjects pg_catalog.text[];
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_run.kind := 'cascade';
    v_run.dry_run := false;
    v_run.request := p_request;
    v_run.now := clock_timestamp();
    v_run.deadline := clock_timestamp() + p_max_runtime;
    begin
        perform pydb_internal.run_pin();
        v_subjects := array(
            select 'job ' || u.id from unnest(pydb_internal.cascade_jobs_due(p_job)) with ordinality as u (id, ord)
            order by u.ord
        );
    exception when query_canceled or lock_not_available then
        v_run := pydb_internal.run_unbegun(v_run, sqlstate, sqlerrm);
        v_subjects := array[coalesce('job ' || p_job, 'every job')];
    end;
    call pydb_internal.run_series(v_run, v_subjects);
    set local search_path = pg_catalog, pg_temp;
end
$$;

comment on procedure pydb.cascade_run(bigint, interval, uuid) is
'Executes one cascade job, or all that are due (null): batches of rows with their own cascades, children first, each
committed; schedule it as one bare CALL. A run that was cut off at any point is gone on with by the next. p_max_runtime
bounds the call. When nothing is left, rows that arrived meanwhile have been looked for, and pydb.cascade_job.proof is
written. Too early, not approved, cancelled or done: YD306. Blocked: YD302; failed: YD308; each after everything before
is committed. It commits: in a transaction (psql -1, begin, autocommit off) it ends with 2D000.';

revoke all on procedure pydb.cascade_run(bigint, interval, uuid) from public;
