-- pydb.archive_purge: remove what archives have kept long enough, in batches, each committed.
-- writes the archives, pydb.archive_run, pydb.job_run, pydb.audit_log   locks the rows it deletes
-- raises YD001 YD110 YD111; commits, so it cannot run inside a transaction block
create or replace procedure pydb.archive_purge(
    p_max_rows bigint default null,
    p_max_runtime interval default null,
    p_request uuid default null
)
language plpgsql
as $$
declare
    -- resolved under the caller's search_path: neither a type nor an operator goes without its schema here
    v_run pydb_internal.run_state;
begin
    set local search_path = pg_catalog, pg_temp; -- no SET clause: it would forbid COMMIT
    if p_max_rows < 1 or p_max_runtime <= interval '0' then
        raise exception using errcode = 'YD001', message = 'p_max_rows and p_max_runtime must be positive',
            detail = format('p_max_rows is %s, p_max_runtime is %s.', p_max_rows, p_max_runtime),
            hint = 'Leave the argument out for no bound.';
    elsif pydb_internal.run_is_read_only() then
        return;
    end if;
    v_run.kind := 'archive_purge';
    v_run.dry_run := false;
    v_run.request := p_request;
    v_run.now := clock_timestamp();
    v_run.deadline := clock_timestamp() + p_max_runtime;
    v_run.max_rows := p_max_rows;
    call pydb_internal.run_series(v_run, array['purge']);
    set local search_path = pg_catalog, pg_temp;
end
$$;

comment on procedure pydb.archive_purge(bigint, interval, uuid) is
'Deletes from the archives the rows of runs that are older than their archive keeps them (pydb.archive_keep_set, else
the
setting archive_keep), by the server''s own clock. Have it done every night: pydb.schedule_set.
It commits: in a transaction (psql -1, begin, autocommit off, two statements in one -c) it ends with 2D000.';

revoke all on procedure pydb.archive_purge(bigint, interval, uuid) from public;
