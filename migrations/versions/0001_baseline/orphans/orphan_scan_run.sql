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
    v_walk pg_catalog.jsonb;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    perform pydb_internal.orphan_check_call(p_max_runtime, p_min_age, p_sample);
    if pydb_internal.run_is_read_only() then
        return;
    end if;
    v_walk := jsonb_build_object(
        'task', 'scan', 'subject', 'scan', 'dry_run', false, 'request', p_request, 'done', 0, 'tries', 0,
        'deadline', clock_timestamp() + p_max_runtime, 'started_at', clock_timestamp(), 'min_age', p_min_age,
        'sample', p_sample, 'restart', p_restart, 'range', 32768, 'target', 5000
    );
    if p_reference is not null then
        p_reference := pydb_internal.orphan_reference_get(p_reference);
        v_walk := v_walk || jsonb_build_object('reference', p_reference, 'subject', 'scan ' || p_reference);
    end if;
    call pydb_internal.orphan_walk(v_walk);
    set local search_path = pg_catalog, pg_temp;
    perform pydb_internal.orphan_outcome(v_walk);
    commit;
    set local search_path = pg_catalog, pg_temp;
    perform pydb_internal.orphan_raise(v_walk);
end
$$;

comment on procedure pydb.orphan_scan_run(text, interval, interval, integer, boolean, uuid) is
'As pydb.orphan_scan, piece by piece in transactions of their own, so that no snapshot is held for long; schedule it as
one bare CALL. The run is in pydb.job_run (kind orphans), the results are in pydb.orphan_finding and pydb.orphan_list.
A run whose budget ends is partial, and the next one goes on. If a reference fails, the others are scanned all the same,
and YD110 is raised at the end; skipped ones are a warning.';

revoke all on procedure pydb.orphan_scan_run(text, interval, interval, integer, boolean, uuid) from public;
