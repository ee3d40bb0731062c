-- pydb.orphan_scan_run: orphan_scan for large databases: each piece in a transaction of its own, logged.
-- reads the tables of the references   writes pydb.orphan_finding, pydb.job_run   locks the findings, one at a time
-- raises YD001 YD110 YD301; commits, so it cannot run inside a transaction block
create or replace procedure pydb.orphan_scan_run(
    p_reference text default null,
    p_max_runtime interval default null,
    p_min_age interval default null,
    p_sample integer default 10,
    p_restart boolean default false,
    p_request uuid default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
    v_work pydb_internal.orphan_scan_work;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    perform pydb_internal.orphan_check_call(p_max_runtime, p_min_age, p_sample);
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_work.is_restart := p_restart;
    v_work.min_age := p_min_age;
    v_work.sample := p_sample;
    v_run.kind := 'orphan_scan';
    v_run.dry_run := false;
    v_run.request := p_request;
    v_run.now := clock_timestamp();
    v_run.deadline := clock_timestamp() + p_max_runtime;
    v_run.said := 'nothing was looked at';
    begin
        perform pydb_internal.run_pin();
        v_work.reference := case when p_reference is not null then pydb_internal.orphan_reference_get(p_reference) end;
    exception when query_canceled or lock_not_available then
        v_run := pydb_internal.run_unbegun(v_run, sqlstate, sqlerrm);
        v_work.reference := p_reference;
    end;
    v_run.work := to_jsonb(v_work);
    call pydb_internal.run_series(v_run, array[concat_ws(' ', 'scan', v_work.reference)]);
    set local search_path = pg_catalog, pg_temp;
end
$$;

comment on procedure pydb.orphan_scan_run(text, interval, interval, integer, boolean, uuid) is
'As pydb.orphan_scan, piece by piece in transactions of their own, so that no snapshot is held for long; schedule it as
one bare CALL. The run is in pydb.job_run (kind orphans), the results are in pydb.orphan_finding and pydb.orphan_list.
A run whose budget ends is partial, and the next one goes on. If a reference fails, the others are scanned all the same,
and YD110 is raised at the end; skipped ones are a warning.
It commits: in a transaction (psql -1, begin, autocommit off, two statements in one -c) it ends with 2D000.';

revoke all on procedure pydb.orphan_scan_run(text, interval, interval, integer, boolean, uuid) from public;
